/**
 * Figures of the usual kinds.
 *
 * @module
 */

import type { Figure } from "./scenario.ts";

/** A number that must not be over `bound`. A mere count has an empty unit. */
export function atMost(
  what: string,
  value: number,
  bound: number,
  unit: string,
): Figure {
  return {
    what,
    measured: show(value, unit),
    bound: `at most ${show(bound, unit)}`,
    holds: value <= bound,
  };
}

/** How many of all there are, where it must be all. */
export function allOf(what: string, count: number, all: number): Figure {
  const holds = count === all && all > 0;
  return { what, measured: `${count} of ${all}`, bound: "all", holds };
}

/** A number of things that must not be. */
export function none(what: string, count: number): Figure {
  return { what, measured: `${count}`, bound: "none", holds: count === 0 };
}

/** A number of things that is told, and of which nothing must hold but that there are some. */
export function some(what: string, count: number): Figure {
  return { what, measured: `${count}`, bound: "some", holds: count > 0 };
}

/** A number with as many digits as a reader can use. */
function show(value: number, unit: string): string {
  if (value === Infinity) return "never";
  const digits = Math.abs(value) >= 100 || Number.isInteger(value)
    ? value.toFixed(0)
    : value.toPrecision(2);
  return `${digits} ${unit}`.trimEnd();
}
