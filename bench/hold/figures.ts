/**
 * Figures that many scenarios have.
 *
 * @module
 */

import type { Figure } from "./scenario.ts";

/** A number of things that must not be. */
export function none(what: string, count: number): Figure {
  return { what, measured: `${count}`, bound: "0", holds: count === 0 };
}

/** A number of things out of all, that must be all. */
export function all(what: string, count: number, of: number): Figure {
  return { what, measured: `${count}`, bound: `${of}`, holds: count === of };
}

/** A number that must not be over another. */
export function atMost(
  what: string,
  value: number,
  most: number,
  unit: string,
): Figure {
  return {
    what,
    measured: `${Math.round(value * 10) / 10} ${unit}`,
    bound: `at most ${most} ${unit}`,
    holds: value <= most,
  };
}

/** A number that is told, and of which nothing must hold but that it is above 0. */
export function some(what: string, count: number): Figure {
  return { what, measured: `${count}`, bound: "some", holds: count > 0 };
}
