/**
 * Decodes the arguments of a pickle's opcodes. A function with `from` and `to`
 * decodes the bytes from `from` up to `to`.
 *
 * @module
 */

import type { LimitName } from "../../limits.ts";
import { ProtocolError } from "../errors.ts";
import { decodeAscii, decodeLatin1, decodeUtf8 } from "../decode_text.ts";

/** What each error about a pickle begins with. */
export const BROKEN = "Cannot read the pickle: ";

/**
 * Returns an error that says what is wrong with a pickle, and which limit it
 * exceeds, if any.
 */
export function brokenPickle(reason: string, limit?: LimitName): ProtocolError {
  return new ProtocolError(BROKEN + reason, { limit });
}

/** The bytes are not a pickle, or not one that this reader accepts. */
export class MalformedPickle extends ProtocolError {
  /** Makes an error that says what is wrong in plain words, then the reader's reason, in words for developers. */
  constructor(
    detail: string,
    said = "these bytes are not what pickle.dumps returns",
  ) {
    super(`${BROKEN}${said} (${detail})`);
  }
}

/** Text of Python 3, and Python 2's `unicode`. */
export function utf8(bytes: Uint8Array, from: number, to: number): string {
  const text = decodeUtf8(bytes, from, to);
  if (text === undefined) throw brokenPickle("a text is not valid UTF-8");
  return text;
}

/** Text of Python 2's 8-bit `str`, which does not say how it is encoded. */
export function text8(bytes: Uint8Array, from: number, to: number): string {
  return decodeUtf8(bytes, from, to) ?? decodeLatin1(bytes, from, to);
}

/** The text of a `STRING` line, quoted as by Python 2's `repr`. */
export function quotedText(
  bytes: Uint8Array,
  from: number,
  to: number,
): string {
  const line = decodeLatin1(bytes, from, to).trimEnd();
  const quote = line[0];
  if (line.length < 2 || !/['"]/.test(quote) || !line.endsWith(quote)) {
    throw new MalformedPickle("a STRING is not quoted");
  }
  // Most have no escape.
  if (!line.includes("\\")) {
    return text8(bytes, from + 1, from + line.length - 1);
  }
  const plain = line.slice(1, -1).replace(
    /\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.?)/gs,
    (_, escape: string) => unescape(escape),
  );
  const raw = Uint8Array.from(plain, (character) => character.charCodeAt(0));
  return text8(raw, 0, raw.length);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

function unescape(escape: string): string {
  const first = escape[0];
  if (first === "x" && escape.length > 1) return hexCharacter(escape.slice(1));
  if (first >= "0" && first <= "7") {
    return String.fromCharCode(parseInt(escape, 8) & 0xff);
  }
  const character = ESCAPES[escape];
  if (character === undefined) {
    throw new MalformedPickle("a STRING has an unknown escape");
  }
  return character;
}

function hexCharacter(digits: string): string {
  return String.fromCharCode(parseInt(digits, 16));
}

/** The text of a `UNICODE` line, encoded by Python's `raw-unicode-escape`. */
export function escapedText(
  bytes: Uint8Array,
  from: number,
  to: number,
): string {
  const raw = decodeAscii(bytes, from, to) ?? decodeLatin1(bytes, from, to);
  if (!raw.includes("\\")) return raw;
  const text = raw.replace(
    /\\\\|\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\[uU]/g,
    (escape: string, short?: string, long?: string) => {
      if (escape === "\\\\") return escape; // two backslashes are not an escape
      if (short) return hexCharacter(short);
      const point = long ? parseInt(long, 16) : Infinity;
      if (point > 0x10ffff) {
        throw new MalformedPickle("a UNICODE has a bad escape");
      }
      return String.fromCodePoint(point);
    },
  );
  if (!text.isWellFormed()) {
    throw brokenPickle("a text has half a surrogate pair");
  }
  return text;
}

/** The number of an `INT` line. */
export function decimal(
  bytes: Uint8Array,
  from: number,
  to: number,
): number | bigint {
  const plain = plainNumber(bytes, from, to);
  if (plain >= 0) return plain;
  const digits = decodeLatin1(bytes, from, to).trim();
  if (!/^[+-]?\d+$/.test(digits)) {
    throw new MalformedPickle("an INT or LONG is not a number");
  }
  if (digits.length > MOST_DIGITS) throw tooLarge();
  const value = Number(digits);
  // `+ 0` makes -0 a 0, as in Python.
  return Number.isSafeInteger(value) ? value + 0 : BigInt(digits);
}

/** A number of up to this many digits is always exact. */
const EXACT_DIGITS = 15;
/** The most bits of an integer. Converting a longer one takes too long. */
const MOST_BITS = 8192;
/** The most digits of such an integer, with its sign. */
const MOST_DIGITS = 1 + Math.ceil(MOST_BITS * Math.log10(2));

function tooLarge(): ProtocolError {
  return brokenPickle(`an integer has more than ${MOST_BITS} bits`);
}

/**
 * Returns the number if the bytes are all digits, not too many to be exact;
 * else -1.
 */
function plainNumber(bytes: Uint8Array, from: number, to: number): number {
  if (from === to || to - from > EXACT_DIGITS) return -1;
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    number = number * 10 + digit;
  }
  return number;
}

/** The number of a `LONG` line, which usually ends with an `L`. */
export function decimalLong(
  bytes: Uint8Array,
  from: number,
  to: number,
): number | bigint {
  return decimal(bytes, from, bytes[to - 1] === 0x4c ? to - 1 : to);
}

/** The number of a `FLOAT` line, written by Python's `repr`. */
export function decimalFloat(
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const digits = decodeLatin1(bytes, from, to).trim();
  const named = /^([+-]?)(inf|nan)$/.exec(digits);
  if (named) {
    return named[2] === "nan" ? NaN : named[1] === "-" ? -Infinity : Infinity;
  }
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(digits)) {
    throw new MalformedPickle("a FLOAT is not a number");
  }
  return Number(digits);
}

/** An integer in two's complement, the low byte first: `LONG1` and `LONG4`. */
export function twosComplement(
  bytes: Uint8Array,
  from: number,
  to: number,
): number | bigint {
  if (from === to) return 0;
  const negative = bytes[to - 1] >= 0x80;
  const flip = negative ? 0xff : 0;
  if (to - from <= 6) {
    let magnitude = 0;
    for (let at = to - 1; at >= from; at--) {
      magnitude = magnitude * 256 + (bytes[at] ^ flip);
    }
    return negative ? -magnitude - 1 : magnitude;
  }
  if ((to - from - 1) * 8 > MOST_BITS) throw tooLarge(); // a byte for the sign
  let hex = "0x";
  for (let at = to - 1; at >= from; at--) {
    hex += (bytes[at] ^ flip).toString(16).padStart(2, "0");
  }
  const value = negative ? -BigInt(hex) - 1n : BigInt(hex);
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

/** An unsigned 32-bit integer, the low byte first. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
    bytes[at + 3] << 24) >>> 0;
}

/** An unsigned 64-bit integer, the low byte first; not exact above 2^53. */
export function uint64(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at + 4) * 2 ** 32 + uint32(bytes, at);
}

const float = new DataView(new ArrayBuffer(8));

/** An IEEE 754 double, the high byte first. */
export function float64(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) float.setUint8(i, bytes[at + i]);
  return float.getFloat64(0);
}
