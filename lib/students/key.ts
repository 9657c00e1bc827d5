/**
 * The key under which a roster in memory stores a student.
 *
 * @module
 */

import type { Sid } from "./student.ts";

/** The key of a student in a `Map`. */
export type Key = number | string;

/** A whole number without leading zeros, short enough that it may be a safe integer. */
const DIGITS = /^(0|[1-9]\d{0,15})$/;

/** Secrets of this process. The factors must be odd, so that keys stay distinct. */
const [mask, spread, ...factors] = crypto.getRandomValues(new Uint32Array(4));
const [first, second] = factors.map((factor) => factor | 1);

/**
 * Returns the key of a `sid`: the same key for an integer and for its text.
 *
 * A `Map` finds a number much faster than a text. But its hash of a number is
 * predictable: a client could choose 100,000 numbers that collide, and each
 * request would search them all. So the numbers are first scrambled with
 * secrets of this process. Each step can be undone, so different numbers stay
 * different. (The engine's hash of a text already has a secret.)
 */
export function keyOf(sid: Sid): Key {
  if (sid === null) return ""; // the key of no text, since these begin with #
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
  let low = Math.imul(number ^ mask ^ Math.imul(high, spread), first);
  low = Math.imul(low ^ low >>> 15, second);
  return high === 0 ? low : high * 2 ** 32 + (low >>> 0);
}
