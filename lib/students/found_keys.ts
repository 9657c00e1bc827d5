/**
 * Says which keys a dict has in place of one that is missing.
 *
 * @module
 */

import { cut, escapeAndCut } from "../text.ts";

/** The most keys that are named, and that are compared. */
const NAMED = 5;
const COMPARED = 100;
/** The most characters of a key that are shown. */
const LONGEST = 24;

/**
 * Returns the key that differs from `field` only by case, underscores, hyphens and
 * blanks, or else the first keys, as a part of a sentence in which they are `those`.
 */
export function foundKeys(
  field: string,
  keys: readonly string[],
  those = "the keys that came",
): string {
  const wanted = plain(field);
  const near = keys.slice(0, COMPARED).find((key) => plain(key) === wanted);
  if (near !== undefined) return `there is ${quoted(near)}`;
  if (keys.length === 0) return "the dict is empty";
  const named = keys.slice(0, NAMED).map(quoted).join(", ");
  const more = keys.length - NAMED;
  return `${those}: ${named}${more > 0 ? ` and ${more} more` : ""}`;
}

function plain(key: string): string {
  return cut(key, 2 * LONGEST).toLowerCase().replace(/[\s_-]/g, "");
}

function quoted(key: string): string {
  // In quotes, a space at the end is seen.
  return `"${escapeAndCut(key, LONGEST).replaceAll("\\x20", " ")}"`;
}
