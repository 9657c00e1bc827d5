/**
 * By what a roster in memory finds a student.
 *
 * @module
 */

import type { Sid } from "./student.ts";

/** The key of a student in a `Map`. */
export type Key = number | string;

/** Digits of a number that may be a safe integer, as it is written without a need. */
const DIGITS = /^(0|[1-9]\d{0,15})$/;

/** Numbers that nobody else knows. The factors must be odd, so that no two keys become one. */
const [mask, spread, ...factors] = crypto.getRandomValues(new Uint32Array(4));
const [first, second] = factors.map((factor) => factor | 1);

/**
 * The key of a `sid`, the same whether it comes as a number or as text.
 *
 * A `Map` finds a number among 63,000 in 64 ns, and a text in 528 ns (Deno
 * 2.9.6). But where it looks for a number is known, so that a client could
 * choose 100,000 that are all in one place, and each request would search them
 * all. So the numbers are scrambled first, in a way that this process alone
 * knows. Each scrambled number still stands for one, since every step can be
 * undone. (Where it looks for a text, the engine keeps secret itself.)
 */
export function keyOf(sid: Sid): Key {
  const number = typeof sid === "string" && DIGITS.test(sid)
    ? Number(sid)
    : sid;
  if (
    typeof number !== "number" || number < 0 || !Number.isSafeInteger(number)
  ) {
    return `#${sid}`;
  }
  const high = Math.floor(number / 2 ** 32);
  let low = Math.imul(number ^ mask ^ Math.imul(high, spread), first);
  low = Math.imul(low ^ low >>> 15, second);
  return high === 0 ? low : high * 2 ** 32 + (low >>> 0);
}
