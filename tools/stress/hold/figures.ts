/**
 * The common kinds of figures.
 *
 * @module
 */

import type { Figure } from "./scenario.ts";

/** Returns the figure of a number that must not exceed `bound`. A count has an empty unit. */
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

/** Returns the figure of a number that must not be less than `bound`. A count has an empty unit. */
export function atLeast(
  what: string,
  value: number,
  bound: number,
  unit: string,
): Figure {
  return {
    what,
    measured: show(value, unit),
    bound: `at least ${show(bound, unit)}`,
    holds: value >= bound,
  };
}

/** Returns the figure of a count that must equal `all`, and not be 0. */
export function allOf(what: string, count: number, all: number): Figure {
  const holds = count === all && all > 0;
  return { what, measured: `${count} of ${all}`, bound: "all", holds };
}

/** Returns the figure of a count that must be 0. */
export function none(what: string, count: number): Figure {
  return { what, measured: `${count}`, bound: "none", holds: count === 0 };
}

/** Returns the figure of a count that must be above 0. */
export function some(what: string, count: number): Figure {
  return { what, measured: `${count}`, bound: "some", holds: count > 0 };
}

/** Returns the figures of one case among several, each with the case's name before it. */
export function figuresOf(name: string, figures: readonly Figure[]): Figure[] {
  return figures.map((one) => ({ ...one, what: `${name}: ${one.what}` }));
}

/** Formats a number, rounded to the digits that a reader needs. */
function show(value: number, unit: string): string {
  if (value === Infinity) return "never";
  const digits = Math.abs(value) >= 100 || Number.isInteger(value)
    ? value.toFixed(0)
    : value.toPrecision(2);
  return `${digits} ${unit}`.trimEnd();
}
