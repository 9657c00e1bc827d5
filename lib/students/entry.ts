/**
 * What waits in a roster's queue.
 *
 * @module
 */

import type { Batch, Origin } from "./row.ts";
import type { Recorded } from "./store.ts";
import type { Student } from "./student.ts";

/** The most students that the store records at once, so that nobody waits for long. */
export const GROUP = 500;

/** Students of one client, who wait to be recorded or were recorded. */
export class Entry implements Batch {
  readonly students: readonly Student[];
  readonly origin: Origin;
  readonly at: number = Date.now();
  #results: readonly Recorded[] = [];
  #error: unknown;

  /** Makes an entry of students who are not recorded yet. */
  constructor(students: readonly Student[], origin: Origin) {
    this.students = students;
    this.origin = origin;
  }

  /** Whether it has all results, or will have none. */
  get done(): boolean {
    return this.#error !== undefined ||
      this.#results.length === this.students.length;
  }

  /**
   * One result for each student.
   *
   * @throws Whatever the store threw, unless it was a {@linkcode StoreError}: that is a
   * result.
   */
  get results(): readonly Recorded[] {
    if (this.#error !== undefined) throw this.#error;
    if (!this.done) throw new Error("These students are not recorded yet");
    return this.#results;
  }

  /** Adds the next results. */
  add(results: readonly Recorded[]): void {
    this.#results = this.#results.length === 0
      ? results
      : [...this.#results, ...results];
  }

  /** There will be no results. */
  fail(error: unknown): void {
    this.#error = error ?? new Error("The store failed");
  }
}

/** Students of one entry, usually all, who are recorded together. */
export interface Part extends Batch {
  /** The entry that gets the results. */
  readonly entry: Entry;
}

/** Divides the students of an entry into parts that fit into a group. */
export function partsOf(entry: Entry): Part[] {
  const { students, origin, at } = entry;
  if (students.length <= GROUP) return [{ entry, students, origin, at }];
  const parts: Part[] = [];
  for (let from = 0; from < students.length; from += GROUP) {
    const some = students.slice(from, from + GROUP);
    parts.push({ entry, students: some, origin, at });
  }
  return parts;
}
