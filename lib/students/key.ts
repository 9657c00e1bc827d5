/**
 * The key under which a roster in memory stores a student.
 *
 * @module
 */

import type { Sid } from "./student.ts";

/** The key of a `sid`. A number is a scrambled one; a text begins with #, except that of `None`. */
export type Key = number | string;

/** A whole number without leading zeros, short enough that it may be a safe integer. */
const DIGITS = /^(0|[1-9]\d{0,15})$/;

/** Secrets of this process. The factors must be odd, so that keys stay distinct. */
const [mask, ...factors] = crypto.getRandomValues(new Uint32Array(3));
const [first, second] = factors.map((factor) => factor | 1);

/**
 * Returns the key of a `sid`: the same key for an integer and for its text.
 *
 * A number is found much faster than a text. But a client could choose 100,000 numbers
 * that a table expects in the same place, and each request would search them all. So
 * numbers are scrambled with secrets of this process. Each step can be undone, so
 * different numbers stay different. (The engine's hash of a text already has a secret.)
 */
export function keyOf(sid: Sid): Key {
  if (sid === null) return "";
  const text = typeof sid === "bigint" ? `${sid}` : sid;
  const number = typeof text === "string" && DIGITS.test(text)
    ? Number(text)
    : text;
  if (
    typeof number !== "number" || number < 0 || !Number.isSafeInteger(number)
  ) {
    return `#${text}`;
  }
  const high = Math.floor(number / 2 ** 32);
  if (high === 0) return scrambled(number);
  return high * 2 ** 32 + (scrambled(number ^ scrambled(high)) >>> 0);
}

/** Scrambles 32 bits, so that each of them decides about the first ones. */
function scrambled(bits: number): number {
  bits ^= mask;
  bits = Math.imul(bits ^ bits >>> 16, first);
  return Math.imul(bits ^ bits >>> 15, second);
}
