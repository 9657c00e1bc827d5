/**
 * A roster in memory.
 *
 * @module
 */

import { type Key, keyOf } from "./key.ts";
import type { Recorded, Roster } from "./roster.ts";
import type { Sid, Student } from "./student.ts";
import { estimateBytes } from "./estimate.ts";

/** What a roster in memory may hold. */
export interface RosterLimits {
  /**
   * Students in the memory roster.
   *
   * One more is refused: its client is told, and goes on. A student who is in
   * it can still be recorded anew.
   *
   * @default {100000}
   */
  maxRosterRows: number;
  /**
   * Bytes that the students in the memory roster take, estimated, as far as
   * they are larger than usual: with keys of their own, or texts of over 200
   * characters.
   *
   * As for `maxRosterRows`.
   *
   * @default {268435456}
   */
  maxRosterBytes: number;
}

/** The limits of a roster where nothing else is said. */
export const DEFAULT_ROSTER_LIMITS: Readonly<RosterLimits> = {
  maxRosterRows: 100_000,
  maxRosterBytes: 268_435_456,
};

/** The answer to a student for whom there is no room. */
const FULL: Recorded = { refused: "The roster is full" };

/** Students in memory: gone when the program ends. */
export class MemoryRoster implements Roster {
  /** How often each limit was reached. */
  readonly limitHits: Record<keyof RosterLimits, number> = {
    maxRosterRows: 0,
    maxRosterBytes: 0,
  };
  #limits: Readonly<RosterLimits>;
  /** By the key of the `sid`, see {@linkcode keyOf}. */
  #students = new Map<Key, Student>();
  /** The bytes of each large student: to estimate all would take half as long as all the rest. */
  #large = new Map<Key, number>();
  #largeBytes = 0;

  /** An empty roster. */
  constructor(limits: Partial<RosterLimits> = {}) {
    this.#limits = { ...DEFAULT_ROSTER_LIMITS, ...limits };
  }

  /** Students in it. */
  get size(): number {
    return this.#students.size;
  }

  record(students: readonly Student[]): Promise<readonly Recorded[]> {
    if (this.#haveRoom(students)) {
      this.#recordSmall(students);
      return Promise.resolve(students.map((): Recorded => "recorded"));
    }
    const results = students.map((student): Recorded => {
      const limit = this.#put(keyOf(student.sid), student);
      if (!limit) return "recorded";
      this.limitHits[limit]++;
      return FULL;
    });
    return Promise.resolve(results);
  }

  /** Whether no limit can refuse any of them: the usual case. */
  #haveRoom(students: readonly Student[]): boolean {
    const rows = this.#students.size + students.length;
    return this.#large.size === 0 && rows <= this.#limits.maxRosterRows &&
      students.every(isSmall);
  }

  /**
   * Records students whom no limit can refuse. All are looked up before any is
   * written, so that the processor waits for its memory once, and not for each.
   */
  #recordSmall(students: readonly Student[]): void {
    const keys = students.map(({ sid }) => keyOf(sid));
    const rows = keys.map((key) => this.#students.get(key));
    students.forEach((student, i) => {
      const row = rows[i];
      if (row) fillIn(row, student);
      else this.#students.set(keys[i], rowOf(student));
    });
  }

  read(sid: Sid): Promise<Student | undefined> {
    const row = this.#students.get(keyOf(sid));
    return Promise.resolve(row && { ...row }); // it may be filled in anew
  }

  /** Puts a student in the row of a key. Returns the limit that does not allow it, if any. */
  #put(key: Key, student: Student): keyof RosterLimits | undefined {
    const { maxRosterRows, maxRosterBytes } = this.#limits;
    const full = this.#students.size >= maxRosterRows;
    if (full && !this.#students.has(key)) return "maxRosterRows";
    const small = isSmall(student);
    const bytes = small ? 0 : estimateBytes(student) + estimateBytes(key);
    const before = this.#large.size > 0 ? this.#large.get(key) ?? 0 : 0;
    if (bytes > 0 || before > 0) {
      const after = this.#largeBytes - before + bytes;
      if (bytes > 0 && after > maxRosterBytes) return "maxRosterBytes";
      this.#largeBytes = after;
      if (bytes > 0) this.#large.set(key, bytes);
      else this.#large.delete(key);
    }
    const row = small && before === 0 ? this.#students.get(key) : undefined;
    if (row) fillIn(row, student);
    else this.#students.set(key, small ? rowOf(student) : student);
  }
}

/** Characters of a text that is not worth estimating. */
const SHORT = 200;

/** Whether a student has no keys of its own, and no long texts: at most some 1.5 KB. */
function isSmall(student: Student): boolean {
  const { student_name, github_username, sid } = student;
  let keys = 0;
  for (const _key in student) keys++;
  return keys === 3 && (student_name?.length ?? 0) <= SHORT &&
    (github_username?.length ?? 0) <= SHORT &&
    (typeof sid === "number" || String(sid).length <= SHORT);
}

/** A row of the three fields alone, which the engine keeps in a third of the memory. */
function rowOf({ student_name, github_username, sid }: Student): Student {
  return { student_name, github_username, sid };
}

/**
 * Puts a student into the row that is there, since a new one that lives long
 * costs the engine more than all the rest.
 */
function fillIn(row: Student, student: Student): void {
  row.student_name = student.student_name;
  row.github_username = student.github_username;
  row.sid = student.sid;
}

const rosters = new WeakMap<object, MemoryRoster>();

/** The roster that all handlers of a server share. It is made at the first call. */
export function sharedRoster(server: object): MemoryRoster {
  const roster = rosters.get(server) ?? new MemoryRoster();
  rosters.set(server, roster);
  return roster;
}
