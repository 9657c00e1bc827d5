/**
 * The names of the students who passed, as everybody in the room sees them.
 *
 * @module
 */

import { type Key, keyOf } from "../students/key.ts";
import { endOf, withoutNumbers } from "../students/mask.ts";
import type { Identity } from "../students/row.ts";
import { cutToKeep, escape, firstColumns } from "../text.ts";

/** A student on the wall: the end of the number, and the name. Both are escaped and cut. */
export type Shown = readonly [mark: string, name: string];

/** Names that are kept. A class is smaller; of a larger one, the newest are shown. */
export const MOST_NAMES = 600;
/** Numbers that are known: enough for a university, and about 10 MB at most. */
const MOST_KNOWN = 50_000;
/** The characters of a number that tell it from others. */
const LONGEST_SID = 64;
/** The widest name, in columns. The page cuts it further where it has less room. */
const LONGEST_NAME = 32;

/** In place of a name without a character. */
const NO_NAME = "(no name)";

/** The wall of names. Each number is on it once, with the name that came first. */
export class Wall {
  #known = new Set<Key>();
  #names: Shown[] = [];
  #total = 0;
  #withoutNumber = 0;

  /** How many names were added. */
  get total(): number {
    return this.#total;
  }

  /** How many names without a number were added. */
  get withoutNumber(): number {
    return this.#withoutNumber;
  }

  /** Adds a student, unless the number is on the wall; without a number, unless the name is. Returns whether it was added. */
  add({ student_name, sid }: Identity): boolean {
    // All requests come here: a number is found much faster than its text.
    const key = sid === null
      ? `None ${cutToKeep(student_name ?? "", LONGEST_SID)}` // no key begins so
      : keyOf(
        typeof sid === "number" ? sid : cutToKeep(String(sid), LONGEST_SID),
      );
    if (this.#known.has(key) || this.#known.size >= MOST_KNOWN) return false;
    this.#known.add(key);
    if (sid === null) this.#withoutNumber++;
    this.#names.push([
      sid === null ? "" : escape(endOf(String(sid))),
      shownName(student_name ?? "None") || NO_NAME,
    ]);
    this.#total++;
    // Cut rarely: to move all names for each new one would be slow.
    if (this.#names.length >= 2 * MOST_NAMES) {
      this.#names = this.#names.slice(-MOST_NAMES);
    }
    return true;
  }

  /** Returns the names after the first `count`, but no more than are kept. */
  after(count: number): readonly Shown[] {
    const newer = Math.min(this.#total - count, MOST_NAMES);
    return newer > 0 ? this.#names.slice(-newer) : [];
  }
}

function shownName(name: string): string {
  // One more, so that its last character is judged by the one after it.
  const masked = withoutNumbers(name, LONGEST_NAME + 1);
  const escaped = escape(cutToKeep(masked, LONGEST_NAME + 1));
  const shown = firstColumns(escaped, LONGEST_NAME);
  return shown === escaped && name.length <= LONGEST_NAME + 1
    ? shown
    : `${shown}…`;
}
