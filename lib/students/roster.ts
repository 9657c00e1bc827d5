/**
 * The roster: which students have come. It decides what is recorded, and when.
 *
 * @module
 */

import { ignoringErrors } from "../events.ts";
import { counted, escapeAndCut } from "../text.ts";
import { addResults, Entry, type OnResults, type Part } from "./entry.ts";
import { GROUP, GROUP_CHARACTERS } from "./entry.ts";
import { DEFAULT_ROSTER_LIMITS, type RosterLimits } from "./limits.ts";
import { MemoryStore } from "./memory.ts";
import { NewStudents } from "./new_students.ts";
import { type Batch, bytesOf, isSmall, MOST_SMALL } from "./row.ts";
import { type Origin, type Row, rowKey } from "./row.ts";
import { isRecorded, type Recorded, type Store, StoreError } from "./store.ts";
import type { Student } from "./student.ts";

/** The result for a student whom a limit forbids. */
const REFUSED: { readonly [limit in keyof RosterLimits]: Recorded } = {
  maxNewPerConnection: {
    refused:
      "This connection has brought too many new students: try again in a minute",
  },
  maxNewPerAddress: {
    refused:
      "Too many new students come from your address: try again in a minute",
  },
  maxRosterBytes: { refused: "The roster is full" },
};

/** The longest message of a failure's cause that is reported, in columns. */
const LONGEST_CAUSE = 200;

/**
 * Records students in a store.
 *
 * A store needs about as long for many students as for one. So students wait in a
 * queue, and the first handler that has the lock records all who wait. All handlers
 * of a roster share one lock: servers with a lock each need a roster each.
 *
 * @example
 * ```ts
 * import { Roster } from "@rollcall/rollcall/students";
 *
 * await using roster = new Roster();
 * const bob = { student_name: "Bob Chen", github_username: "bchen", sid: 987654321 };
 * const entry = roster.add([bob], { clientId: 50_000, clientIp: "127.0.0.1" });
 * await roster.recordWaiting(); // a handler holds the lock here
 * if (entry.results[0] !== "recorded" || roster.size !== 1) throw new Error();
 * ```
 */
export class Roster implements AsyncDisposable {
  /** How often each limit was reached. */
  readonly limitHits: Record<keyof RosterLimits, number> = {
    maxNewPerConnection: 0,
    maxNewPerAddress: 0,
    maxRosterBytes: 0,
  };
  /** Called with all results. */
  onResults: OnResults | undefined;
  #store: Store;
  #maxBytes: number;
  #newStudents: NewStudents;
  #report: (line: string) => void;
  #waiting: Entry[] = [];
  /** Why the store does not record at present. */
  #failure: string | undefined;
  /** How many students were refused since it began to fail. */
  #failed = 0;

  /** Makes a roster in a store, by default in memory. `report` receives lines about the store's failures. */
  constructor(
    store: Store = new MemoryStore(),
    limits: Partial<RosterLimits> = {},
    report: (line: string) => void = () => {},
  ) {
    const all = { ...DEFAULT_ROSTER_LIMITS, ...limits };
    this.#store = store;
    this.#maxBytes = all.maxRosterBytes;
    this.#newStudents = new NewStudents(all);
    this.#report = ignoringErrors(report);
  }

  /** How many different `sid` it has. */
  get size(): number {
    return this.#store.totals.sids;
  }

  /** Why students cannot be recorded at present, if they cannot. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Reads all rows, in the order in which their first requests were recorded. */
  readAll(): AsyncIterable<Row> {
    return this.#store.readAll();
  }

  /** Adds students to the queue. The caller asks for the lock at once, so that both queues have the same order. */
  add(students: readonly Student[], origin: Origin): Entry {
    const entry = new Entry(students, origin);
    this.#waiting.push(entry);
    return entry;
  }

  /**
   * Records the first entry of the queue, and those behind it that fit into a group.
   * The caller holds the lock. Returns a promise if that takes time, and else has
   * recorded them when it returns. Never throws or rejects: the entries have the errors.
   */
  recordWaiting(): Promise<void> | undefined {
    const { groupDelay } = this.#store;
    return groupDelay === undefined
      ? this.#recordNext()
      : this.#recordIn(groupDelay);
  }

  async #recordIn(ms: number): Promise<void> {
    // At `await null`, the handlers join whose requests have been read.
    await (ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : null);
    await this.#recordNext();
  }

  #recordNext(): Promise<void> | undefined {
    const entries = this.#nextEntries();
    if (entries.length === 0) return;
    return entries[0].students.length <= GROUP
      ? this.#recordGroup(entries)
      : this.#recordEach(entries[0].parts);
  }

  async #recordEach(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      // After an error, the client does not hear of the rest of a long entry.
      if (!part.done) await this.#recordGroup([part]);
    }
  }

  /** Takes entries from the queue: as many as fit into a group, but at least one. */
  #nextEntries(): Entry[] {
    const waiting = this.#waiting;
    if (waiting.length === 1) {
      this.#waiting = [];
      return waiting;
    }
    let [count, students, characters] = [0, 0, 0];
    for (const entry of waiting) {
      students += entry.students.length;
      characters += entry.characters;
      const isFull = students > GROUP || characters > GROUP_CHARACTERS;
      if (count > 0 && isFull) break;
      count++;
    }
    return waiting.splice(0, count);
  }

  #recordGroup(parts: readonly Part[]): Promise<void> | undefined {
    try {
      const results = this.#hasRoom(parts)
        ? this.#store.record(parts)
        : this.#recordAdmitted(parts);
      if (results instanceof Promise) {
        return results.then((it) => this.#give(parts, it))
          .catch((error) => this.#fail(parts, error));
      }
      this.#give(parts, results);
    } catch (error) {
      return this.#fail(parts, error);
    }
  }

  #fail(parts: readonly Part[], error: unknown): Promise<void> | undefined {
    this.#newStudents.takeBack();
    if (error instanceof StoreError) this.#refuse(parts, error);
    else if (parts.length === 1) parts[0].fail(error);
    // One client's students may be the cause. Those of the others are recorded.
    else return this.#recordEach(parts);
  }

  /** Records those students whom no limit forbids. */
  async #recordAdmitted(
    batches: readonly Batch[],
  ): Promise<readonly Recorded[]> {
    const limits = await this.#limitsOf(batches);
    let next = 0;
    const admitted = batches.map(({ students, origin, at }) => ({
      students: students.filter(() => !limits[next++]),
      origin,
      at,
    })).filter(({ students }) => students.length > 0);
    let results: readonly Recorded[] = [];
    if (admitted.length > 0) {
      results = await this.#store.record(admitted);
      this.#newStudents.keep();
    }
    for (const limit of limits) if (limit) this.limitHits[limit]++;
    next = 0;
    return limits.map((limit) => limit ? REFUSED[limit] : results[next++]);
  }

  /** Whether no limit can forbid any of the students: the usual case. */
  #hasRoom(batches: readonly Batch[]): boolean {
    if (this.#newStudents.isLimited) return false;
    let most = this.#store.totals.bytes;
    for (const { students } of batches) {
      if (!students.every(isSmall)) return false;
      most += students.length * MOST_SMALL;
    }
    return most <= this.#maxBytes;
  }

  /** Returns the limit that forbids each student, if one does. */
  async #limitsOf(
    batches: readonly Batch[],
  ): Promise<(keyof RosterLimits | undefined)[]> {
    const known = await this.#store.has(batches.flatMap((it) => it.students));
    const admitted = new Set<string>();
    let { bytes, largeBytes } = this.#store.totals;
    let next = 0;
    /** Returns the limit that forbids a new row. Counts it if there is none. */
    const limitOf = (student: Student, origin: Origin) => {
      const more = bytesOf(student);
      const large = isSmall(student) ? 0 : more;
      if (
        bytes + more > this.#maxBytes ||
        large > 0 && largeBytes + large > this.#maxBytes / 2
      ) return "maxRosterBytes";
      const limit = this.#newStudents.count(origin);
      if (limit) return limit;
      bytes += more;
      largeBytes += large;
    };
    return batches.flatMap(({ students, origin }) =>
      students.map((student) => {
        if (known[next++]) return;
        // A flood of students is refused without the work for their keys.
        if (admitted.size > 0 && admitted.has(rowKey(student))) return;
        const limit = limitOf(student, origin);
        if (!limit) admitted.add(rowKey(student));
        return limit;
      })
    );
  }

  #refuse(parts: readonly Part[], { message, cause }: StoreError): void {
    if (message !== this.#failure) {
      const why = cause instanceof Error
        ? ` (${escapeAndCut(cause.message, LONGEST_CAUSE)})`
        : "";
      this.#report(`The roster cannot record students: ${message}${why}`);
    }
    this.#failure = message;
    const refused = `The roster cannot record you now: ${message}`;
    for (const part of parts) {
      this.#failed += part.students.length;
      this.#give([part], part.students.map(() => ({ refused })));
    }
  }

  #give(parts: readonly Part[], results: readonly Recorded[]): void {
    addResults(parts, results, this.onResults);
    this.#noteRecovery(results);
  }

  /** Reports that the store records again, if it has recorded one of these students. */
  #noteRecovery(results: readonly Recorded[]): void {
    if (this.#failure === undefined || !results.some(isRecorded)) return;
    const refused = counted(this.#failed, "request");
    this.#report(`The roster records students again. It refused ${refused}`);
    this.#failure = undefined;
    this.#failed = 0;
  }

  /** Closes the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
  }
}

const rosters = new WeakMap<object, Roster>();

/** Returns the roster that all handlers of a server share. The first call creates it, in memory. */
export function sharedRoster(server: object): Roster {
  const roster = rosters.get(server) ?? new Roster();
  rosters.set(server, roster);
  return roster;
}
