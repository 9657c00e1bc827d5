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
  | "a pickle"
  | "a pickle in base64"
  | "a pickle in hexadecimal"
  | "bytes as text"
  | "JSON"
  | "a dict as text"
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
/** The start of a text, a number or an object in protocol 0, which also looks like text. */
const LINE = /^[(\]t]*(?:[VSILFc].*\n|[dl]p\d|N[.a-z(]|i\w+\n)/;
/** Base64 in either alphabet, as Python's `base64` writes it. */
const BASE64 = /^[\w+/-]{8,}=*\s*$/;
/** A length as text, padded with spaces or followed by a separator. */
const NUMBER_AS_HEADER = /^ *\d+[ :,;\r\n]*/;
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
  if (isPickle(raw)) return "a pickle";
  if (HTTP.test(raw)) return "HTTP";
  if (raw.startsWith("\x16\x03")) return "TLS";
  if (isLength(head, raw)) return "a length";
  if (isBase64(raw)) return "a pickle in base64";
  if (/^80 ?0[2-5]/.test(raw)) return "a pickle in hexadecimal";
  if (/^b['"]/.test(raw)) return "bytes as text";
  if (/^\s*\{\s*'/.test(raw)) return "a dict as text";
  if (/^\s*(?:\{\s*["}\r\n]|\[\s*[[{"\d\]-]|")/.test(raw)) return "JSON";
  return isText(head, raw) ? "text" : undefined;
}

/** Whether bytes, each as one character, begin a pickle. */
function isPickle(raw: string): boolean {
  return PROTO.test(raw) || CONTAINER.test(raw);
}

/** Whether a length comes before a message, as binary number or as text. It may come alone. */
function isLength(head: Uint8Array, raw: string): boolean {
  const text = NUMBER_AS_HEADER.exec(raw)?.[0] ?? "";
  if (text && isMessage(raw.slice(text.length))) return true;
  if (text && text === raw && /^ |[ :]$/.test(text)) return true;
  return [8, 4, 2].some((width) => {
    if (head.length < width) return false;
    const [a, b, c, d] = head;
    const isShort = width === 2 && a > 0 && b > 0; // also the start of a text
    if (isMessage(raw.slice(width))) return !isShort;
    // If the length comes alone, its high bytes must be zero.
    const isAlone = head.length === width && width > 2;
    return isAlone && a + b + c + d > 0 && (a + b === 0 || c + d === 0);
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

/** Whether the bytes are at least two letters of UTF-8 text, and no pickle's line. */
function isText(head: Uint8Array, raw: string): boolean {
  if (CONTROL.test(raw) || LINE.test(raw)) return false;
  try {
    // `stream`, since the last character may be cut.
    const text = new TextDecoder("utf-8", { fatal: true })
      .decode(head, { stream: true });
    return /\p{L}{2}|^\s*\d+\s*$/u.test(text);
  } catch {
    return false;
  }
}
