/**
 * What waits in a roster's queue.
 *
 * @module
 */

import { ignoringErrors } from "../events.ts";
import type { Batch, Origin } from "./row.ts";
import type { Recorded } from "./store.ts";
import type { Student } from "./student.ts";

/** The most students that the store records at once, so that a commit is short. */
export const GROUP = 500;
/** The most characters of all their texts, unless a single client sent them. */
export const GROUP_CHARACTERS = 131_072;

/** Students who are recorded together. */
export interface Part extends Batch {
  /** Whether it has all results, or will have none. */
  readonly done: boolean;
  /** Adds the results, one for each student. */
  add(results: readonly Recorded[]): void;
  /** There will be no results. */
  fail(error: unknown): void;
}

/**
 * Students of one client, who wait to be recorded or were recorded.
 *
 * @example
 * ```ts
 * import { Entry } from "@rollcall/rollcall/students";
 *
 * const bob = { student_name: "Bob Chen", github_username: "bchen", sid: 987654321 };
 * const entry = new Entry([bob], { clientId: 50_000, clientIp: "127.0.0.1" });
 * if (entry.done) throw new Error("it is not recorded yet");
 * entry.add([{ refused: "The roster is full" }]); // a roster does this
 * if (!entry.done || entry.results.length !== 1) throw new Error("no result");
 * ```
 */
export class Entry implements Part {
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

  get done(): boolean {
    return this.#results.length === this.students.length ||
      this.#error !== undefined;
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

  /** The characters of all texts. */
  get characters(): number {
    let sum = 0;
    for (const { sid, student_name, github_username } of this.students) {
      sum += (student_name?.length ?? 0) + (github_username?.length ?? 0);
      if (typeof sid === "string") sum += sid.length;
    }
    return sum;
  }

  add(results: readonly Recorded[]): void {
    const before = this.#results;
    this.#results = before.length === 0 ? results : [...before, ...results];
  }

  fail(error: unknown): void {
    this.#error = error ?? new Error("The store failed");
  }

  /** Its students in parts that fit into a group. */
  get parts(): Part[] {
    const parts: Part[] = [];
    for (let from = 0; from < this.students.length; from += GROUP) {
      parts.push(new EntryPart(this, from));
    }
    return parts;
  }
}

/** Some students of a long entry. */
class EntryPart implements Part {
  readonly students: readonly Student[];
  readonly origin: Origin;
  readonly at: number;
  #entry: Entry;

  constructor(entry: Entry, from: number) {
    this.students = entry.students.slice(from, from + GROUP);
    this.origin = entry.origin;
    this.at = entry.at;
    this.#entry = entry;
  }

  get done(): boolean {
    return this.#entry.done;
  }

  add(results: readonly Recorded[]): void {
    this.#entry.add(results);
  }

  fail(error: unknown): void {
    this.#entry.fail(error);
  }
}

/**
 * Called with the results for students who came together. It must return quickly.
 * Errors that it throws are ignored.
 */
export type OnResults = (batch: Batch, results: readonly Recorded[]) => void;

/** Gives each part its results. */
export function addResults(
  parts: readonly Part[],
  results: readonly Recorded[],
  onResults?: OnResults,
): void {
  let next = 0;
  for (const part of parts) {
    const own = parts.length === 1
      ? results
      : results.slice(next, next += part.students.length);
    part.add(own);
    if (onResults) ignoringErrors(onResults)(part, own);
  }
}
