/**
 * Recognizes what a peer sent in place of a message.
 *
 * @module
 */

/** What bytes look like that are not a message. */
export type Lookalike =
  | "HTTP"
  | "TLS"
  | "a length"
  | "a line end"
  | "compressed data"
  | "a pickle"
  | "a pickle in base64"
  | "a pickle in hexadecimal"
  | "bytes as text"
  | "JSON"
  | "a dict as text"
  | "text in UTF-16"
  | "text";

/** How many bytes are looked at. */
const HEAD = 64;
/** How many characters of base64 are decoded. */
const BASE64_HEAD = 8;

const HTTP =
  /^(?:HTTP\/\d|(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT) [/*a-z])/;
/** The start of a pickle in protocol 2 and later. */
// deno-lint-ignore no-control-regex -- a pickle is binary
const PROTO = /^\x80[\x02-\x05]/;
/** The start of a container in protocols 0 and 1, up to its memo index. */
// deno-lint-ignore no-control-regex -- a pickle is binary
const CONTAINER = /^(?:\([dl]p\d+(?:\n|$)|[\]}]q\x00)/;
/**
 * The start of a text, a number or an object in protocol 0, which also looks like
 * text. Something comes after the line: a text has only its own line end.
 */
const LINE =
  /^[(\]t]*(?:[VSILFc].*\n[^]|[dl]p\d|N(?:[.(]|[a-z](?![a-z]{2}))|i\w+\n)/;
/** Base64 in either alphabet, as Python's `base64` writes it. */
const BASE64 = /^[\w+/-]{8,}=*\s*$/;
/** A length as text, padded with spaces or followed by a separator. */
const NUMBER_AS_HEADER = /^ *\d+[ :,;\r\n]*/;
/** The bytes of binary lengths, as Python's `struct` packs them, and as `bytes([n])` does. */
const WIDTHS = [8, 4, 2, 1];
/** A binary length is at most this. The letters of a text are more, also in UTF-16. */
const MOST_LENGTH = 2 ** 20;
const STOP = 0x2e;
const LINE_ENDS = /^[\r\n]+/;
/** Line ends before a pickle, and bytes of Python 2 that hold one. A length can be the same two bytes. */
const NO_LENGTH = /^(?:[\r\n]+|[UC][^\0])\x80/;
/** The start of gzip, zlib, bzip2 and xz. */
// deno-lint-ignore no-control-regex -- it is binary
const COMPRESSED = /^(?:\x1f\x8b\x08|x[\x01\x9c\xda]|BZh\d1AY|\xfd7zXZ)/;
/** The start of UTF-16: its mark, or two letters of ASCII. */
const UTF16 = /^(?:\xff\xfe|\xfe\xff|(?:[\t\r -~]\0){2}|(?:\0[\t\r -~]){2})/;
/** The start of bytes as `str` shows them. */
const SHOWN_BYTES = /^(?:(?:bytearray\()?b['"]|\\x80\\x0[2-5])/;
/** The start of bytes in hexadecimal. */
const HEX = /^(?:[\da-f]{2} ?){5,}/i;
/** A control character that is not white space. */
const CONTROL = /[^\P{Cc}\t\r\n]/u;

/**
 * Returns what the bytes from `from` up to `to` look like, if anything. It looks
 * at the first bytes only. It is not called for valid messages, so these
 * cost nothing.
 */
export function lookalike(
  bytes: Uint8Array,
  from: number,
  to: number,
): Lookalike | undefined {
  const head = bytes.subarray(from, Math.min(to, from + HEAD));
  const raw = String.fromCharCode(...head);
  // A length can have any bytes, also those by which the others are recognized.
  if (isLengthOfPickle(head, raw, to - from)) return "a length";
  if (isPickle(raw)) return "a pickle";
  if (HTTP.test(raw)) return "HTTP";
  if (raw.startsWith("\x16\x03") || raw.startsWith("\x15\x03")) return "TLS";
  if (COMPRESSED.test(raw)) return "compressed data";
  if (isLength(head, raw)) return "a length";
  if (isLineEnd(raw)) return "a line end";
  if (UTF16.test(raw)) return "text in UTF-16";
  if (isBase64(raw)) return "a pickle in base64";
  if (isHex(raw)) return "a pickle in hexadecimal";
  if (SHOWN_BYTES.test(raw)) return "bytes as text";
  if (/^\s*\{\s*'/.test(raw)) return "a dict as text";
  if (/^\s*(?:\{\s*["}\r\n]|\[\s*[[{"\d\]-]|")/.test(raw)) return "JSON";
  return isText(head, raw) ? "text" : undefined;
}

/**
 * Whether the bytes are a binary length and a whole pickle: one of that length, or
 * one that ends where they do. Such bytes can also begin a line of text in protocol
 * 0, but only one with control characters.
 */
export function isLengthAndPickle(
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean {
  return WIDTHS.some((width) => {
    const start = from + width;
    if (bytes[start] !== 0x80 || start + 1 >= to) return false;
    if (!PROTO.test(String.fromCharCode(0x80, bytes[start + 1]))) return false;
    const possible = lengths(bytes.subarray(from, start));
    const isLength = width > 1 && Math.min(...possible) <= MOST_LENGTH;
    if (isLength && bytes[to - 1] === STOP) return true;
    return possible.some((length) =>
      length <= to - start && bytes[start + length - 1] === STOP
    );
  });
}

/** Returns the two numbers that bytes can be: the high byte first, and the low byte first. */
function lengths(bytes: Uint8Array): [number, number] {
  const add = (sum: number, byte: number) => sum * 256 + byte;
  return [bytes.reduce(add, 0), bytes.reduceRight(add, 0)];
}

/** Whether a binary length comes before a pickle of protocol 2 or later. `total` counts all bytes. */
function isLengthOfPickle(
  head: Uint8Array,
  raw: string,
  total: number,
): boolean {
  return WIDTHS.some((width) => {
    if (!PROTO.test(raw.slice(width))) return false;
    const possible = lengths(head.subarray(0, width));
    return possible.includes(total - width) ||
      Math.min(...possible) <= MOST_LENGTH && !NO_LENGTH.test(raw);
  });
}

/** Whether there are line ends alone, or before a pickle. */
function isLineEnd(raw: string): boolean {
  const ends = LINE_ENDS.exec(raw)?.[0];
  return ends === raw ||
    ends !== undefined && isPickle(raw.slice(ends.length));
}

/** Whether bytes, each as one character, begin a pickle. */
function isPickle(raw: string): boolean {
  return PROTO.test(raw) || CONTAINER.test(raw);
}

/** Whether a length comes before another message, as binary number or as text. It may come alone. */
function isLength(head: Uint8Array, raw: string): boolean {
  const text = NUMBER_AS_HEADER.exec(raw)?.[0] ?? "";
  if (text && isMessage(raw.slice(text.length))) return true;
  if (text && text === raw && /^ |[ :]$/.test(text)) return true;
  return WIDTHS.some((width) => {
    if (width === 1 || head.length < width) return false;
    const number = head.subarray(0, width);
    if (!number.includes(0)) return false; // the start of a text
    const [high, low] = lengths(number);
    if (Math.min(high, low) > MOST_LENGTH) return false;
    return isMessage(raw.slice(width)) || head.length === width && high > 0;
  });
}

/** Whether characters begin a pickle, or a container of JSON. */
function isMessage(raw: string): boolean {
  return isPickle(raw) || /^[{[]/.test(raw);
}

function isBase64(raw: string): boolean {
  if (!BASE64.test(raw)) return false;
  const start = raw.slice(0, BASE64_HEAD).replace(/-/g, "+").replace(/_/g, "/");
  return isPickle(atob(start));
}

function isHex(raw: string): boolean {
  const hex = HEX.exec(raw)?.[0].replaceAll(" ", "") ?? "";
  const bytes = hex.match(/../g) ?? [];
  return isPickle(
    String.fromCharCode(...bytes.map((byte) => parseInt(byte, 16))),
  );
}

/** Whether the bytes are at least two letters of UTF-8 text, and no pickle's line. */
function isText(head: Uint8Array, raw: string): boolean {
  if (LINE.test(raw)) return false;
  try {
    // `stream`, since the last character may be cut.
    const text = new TextDecoder("utf-8", { fatal: true })
      .decode(head, { stream: true });
    return !CONTROL.test(text) && /\p{L}{2}|^\s*\d+\s*$/u.test(text);
  } catch {
    return false;
  }
}
