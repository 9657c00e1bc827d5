/**
 * Says which keys a dict has in place of one that is missing.
 *
 * @module
 */

import { cut, escapeAndCut } from "../text.ts";

/** The most keys that are named, and that are compared. */
const NAMED = 5;
const COMPARED = 20;
/** The most characters of a key that are shown. */
const LONGEST = 24;
/** The shortest part of a field's name that stands for the whole. */
const SHORTEST_PART = 4;

/**
 * Returns the key that was probably meant to be `field`, or else the first keys, as a
 * part of a sentence in which they are `those`.
 */
export function foundKeys(
  field: string,
  keys: readonly string[],
  those = "the keys that came",
): string {
  const near = nearest(field, keys.slice(0, COMPARED));
  if (near !== undefined) return `there is ${quoted(near)}`;
  if (keys.length === 0) return "the dict is empty";
  const named = keys.slice(0, NAMED).map(quoted).join(", ");
  const more = keys.length - NAMED;
  return `${those}: ${named}${more > 0 ? ` and ${more} more` : ""}`;
}

/**
 * Returns the key that is nearest to `field`, if one is near. Case, underscores,
 * hyphens and blanks do not count. A key is near if at most a third of the letters
 * are wrong, missing or added, or if it is a part of the field's name.
 */
function nearest(field: string, keys: readonly string[]): string | undefined {
  const wanted = plain(field);
  let near: string | undefined;
  let least = wanted.length / 3;
  for (const key of keys) {
    const distance = editDistance(plain(key), wanted);
    if (distance > least || near !== undefined && distance === least) continue;
    near = key;
    least = distance;
  }
  return near ?? keys
    .filter((key) => plain(key).length >= SHORTEST_PART)
    .filter((key) => wanted.includes(plain(key)))
    .sort((a, b) => b.length - a.length)[0];
}

/** How many letters must be changed, added or left out to make one text of the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = row[j] + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(changed, row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[to.length];
}

function plain(key: string): string {
  return cut(key, 2 * LONGEST).toLowerCase().replace(/[\s_-]/g, "");
}

function quoted(key: string): string {
  // In quotes, a space at the end is seen.
  return `"${escapeAndCut(key, LONGEST).replaceAll("\\x20", " ")}"`;
}
