/**
 * Decodes text, with fast paths for short texts and for ASCII.
 *
 * @module
 */

import { Buffer, isUtf8 } from "node:buffer";

// These methods of Buffer work on any Uint8Array, but its type declarations omit
// them.
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, from: number, to: number): string;
  utf8Slice(this: Uint8Array, from: number, to: number): string;
};

/** The longest ASCII text that is decoded faster without a call to native code. */
const SHORT = 16;

/** Decodes ASCII. Returns `undefined` if the bytes are not ASCII. */
export function decodeAscii(
  bytes: Uint8Array,
  from: number,
  to: number,
): string | undefined {
  const length = to - from;
  const recent = length <= SHORT ? recentText(bytes, from, length) : undefined;
  if (recent !== undefined) return recent;
  let all = 0;
  for (let at = from; at < to; at++) all |= bytes[at];
  if (all >= 0x80) return undefined;
  return length <= SHORT
    ? keepText(shortAscii(bytes, from, length), bytes, from)
    : latin1Slice.call(bytes, from, to);
}

/** Decodes UTF-8. Returns `undefined` if the bytes are not valid UTF-8. */
export function decodeUtf8(
  bytes: Uint8Array,
  from: number,
  to: number,
): string | undefined {
  const ascii = decodeAscii(bytes, from, to);
  if (ascii !== undefined) return ascii;
  if (!isUtf8(bytes.subarray(from, to))) return undefined;
  return utf8Slice.call(bytes, from, to);
}

/** Decodes Latin-1, in which each byte is one character. */
export function decodeLatin1(
  bytes: Uint8Array,
  from: number,
  to: number,
): string {
  return latin1Slice.call(bytes, from, to);
}

/**
 * Whether the bytes from `from` on are those of a known text: `length` bytes of
 * `known`, from `start` on. Bytes are compared faster with bytes than with the
 * characters of a text.
 */
export function areKnown(
  bytes: Uint8Array,
  from: number,
  known: Uint8Array,
  start = 0,
  length = known.length,
): boolean {
  for (let i = 0; i < length; i++) {
    if (bytes[from + i] !== known[start + i]) return false;
  }
  return true;
}

/** Recent short texts. First byte, last byte and length determine the slot of each. */
const recentTexts: string[] = Array(256).fill("");
/** The bytes of each, at {@linkcode SHORT} times its slot. */
const recentBytes = new Uint8Array(recentTexts.length * SHORT);

/** Returns the slot of a short text. */
function placeOf(bytes: Uint8Array, from: number, length: number): number {
  return (bytes[from] * 31 + bytes[from + length - 1] * 7 + length) & 0xff;
}

/**
 * Returns a recent short text as the same string object as before. The keys of
 * most requests are recent texts, and the engine handles a string that it has
 * already used as a key faster than a new one.
 */
function recentText(
  bytes: Uint8Array,
  from: number,
  length: number,
): string | undefined {
  if (length === 0) return "";
  const place = placeOf(bytes, from, length);
  const text = recentTexts[place];
  if (text.length !== length) return undefined;
  const isSame = areKnown(bytes, from, recentBytes, place * SHORT, length);
  return isSame ? text : undefined;
}

/** Keeps a short text, decoded from these bytes, for the next time. */
function keepText(text: string, bytes: Uint8Array, from: number): string {
  const place = placeOf(bytes, from, text.length);
  for (let i = 0; i < text.length; i++) {
    recentBytes[place * SHORT + i] = bytes[from + i];
  }
  return recentTexts[place] = text;
}

/**
 * Decodes a short ASCII text. One call with all character codes is faster than
 * `latin1Slice`, `apply` or a loop that appends.
 */
function shortAscii(b: Uint8Array, i: number, length: number): string {
  const f = String.fromCharCode;
  // deno-fmt-ignore
  switch (length) {
    case 1: return f(b[i]);
    case 2: return f(b[i], b[i+1]);
    case 3: return f(b[i], b[i+1], b[i+2]);
    case 4: return f(b[i], b[i+1], b[i+2], b[i+3]);
    case 5: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4]);
    case 6: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5]);
    case 7: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6]);
    case 8: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7]);
    case 9: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8]);
    case 10: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9]);
    case 11: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9], b[i+10]);
    case 12: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9], b[i+10], b[i+11]);
    case 13: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9], b[i+10], b[i+11], b[i+12]);
    case 14: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9], b[i+10], b[i+11], b[i+12], b[i+13]);
    case 15: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9], b[i+10], b[i+11], b[i+12], b[i+13], b[i+14]);
    default: return f(b[i], b[i+1], b[i+2], b[i+3], b[i+4], b[i+5], b[i+6], b[i+7], b[i+8], b[i+9], b[i+10], b[i+11], b[i+12], b[i+13], b[i+14], b[i+15]);
  }
}
