/**
 * Suggests the right name for a mistyped one.
 *
 * @module
 */

import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** The shortest part of a name that stands for the whole. */
const SHORTEST_PART = 4;

/**
 * Returns the one of `names` that is nearest to `given`, or `undefined` if none
 * is near. A name is near if at most a third of the letters are wrong, missing
 * or added, if it has the same letters in another order, or if `given` is a part
 * of it, and of no other.
 */
export function nearest(
  given: string,
  names: readonly string[],
): string | undefined {
  const swapped = names.find((name) => sorted(name) === sorted(given));
  if (swapped !== undefined) return swapped;
  const closest = closestString(given, names);
  const distance = levenshteinDistance(given, closest);
  if (distance <= given.length / 3) return closest;
  const longer = names.filter((name) => name.includes(given));
  return given.length >= SHORTEST_PART && longer.length === 1
    ? longer[0]
    : undefined;
}

/**
 * Returns the question for a mistyped name, to append to a message, or an
 * empty text if no name is near.
 *
 * @param shown How a name is written in the question.
 */
export function suggestion(
  given: string,
  names: readonly string[],
  shown = (name: string) => name,
): string {
  const name = nearest(given, names);
  return name === undefined ? "" : ` Is it ${shown(name)}?`;
}

function sorted(name: string): string {
  return [...name].sort().join("");
}
