/**
 * A roster in memory.
 *
 * @module
 */

import { type Key, keyOf } from "./key.ts";
import type { Recorded, Roster } from "./roster.ts";
import type { Sid, Student } from "./student.ts";
import { estimateBytes } from "./estimate.ts";

/** The limits of a roster in memory. */
export interface RosterLimits {
  /**
   * Students in the memory roster.
   *
   * A further student is refused with an error, and the connection goes on. A
   * student who is already in the roster can still be updated.
   *
   * @default {100000}
   */
  maxRosterRows: number;
  /**
   * Estimated bytes of the large students in the memory roster: those with
   * additional keys, or with texts of over 200 characters.
   *
   * The same as for `maxRosterRows`.
   *
   * @default {268435456}
   */
  maxRosterBytes: number;
}

/** The default limits of a roster. */
export const DEFAULT_ROSTER_LIMITS: Readonly<RosterLimits> = {
  maxRosterRows: 100_000,
  maxRosterBytes: 268_435_456,
};

/** The result for a student for whom there is no room. */
const FULL: Recorded = { refused: "The roster is full" };

/** A roster in memory, which is lost when the program ends. */
export class MemoryRoster implements Roster {
  /** How often each limit was reached. */
  readonly limitHits: Record<keyof RosterLimits, number> = {
    maxRosterRows: 0,
    maxRosterBytes: 0,
  };
  #limits: Readonly<RosterLimits>;
  /** The students by the key of their `sid`, see {@linkcode keyOf}. */
  #students = new Map<Key, Student>();
  /** The bytes of each large student. Estimating every student would be slow. */
  #large = new Map<Key, number>();
  #largeBytes = 0;

  /** Makes an empty roster. */
  constructor(limits: Partial<RosterLimits> = {}) {
    this.#limits = { ...DEFAULT_ROSTER_LIMITS, ...limits };
  }

  /** How many students it holds. */
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

  /** Whether no limit can refuse any of the students: the usual case. */
  #haveRoom(students: readonly Student[]): boolean {
    const rows = this.#students.size + students.length;
    return this.#large.size === 0 && rows <= this.#limits.maxRosterRows &&
      students.every(isSmall);
  }

  /**
   * Records students whom no limit can refuse. All are looked up before any is
   * written, so that the processor waits for memory once, not for each student.
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
    return Promise.resolve(row && { ...row }); // a copy: the row may be overwritten
  }

  /** Stores a student under a key. Returns the limit that forbids it, if any. */
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

/** The longest text of a small student, in characters. */
const SHORT = 200;

/** Whether a student has no additional keys and no long texts: at most about 1.5 KB. */
function isSmall(student: Student): boolean {
  const { student_name, github_username, sid } = student;
  let keys = 0;
  for (const _key in student) keys++;
  return keys === 3 && (student_name?.length ?? 0) <= SHORT &&
    (github_username?.length ?? 0) <= SHORT &&
    (typeof sid === "number" || String(sid).length <= SHORT);
}

/** Returns a row of the three fields alone, which the engine stores more compactly. */
function rowOf({ student_name, github_username, sid }: Student): Student {
  return { student_name, github_username, sid };
}

/**
 * Overwrites an existing row with a student, since a new row that lives long is
 * expensive for the garbage collector.
 */
function fillIn(row: Student, student: Student): void {
  row.student_name = student.student_name;
  row.github_username = student.github_username;
  row.sid = student.sid;
}

const rosters = new WeakMap<object, MemoryRoster>();

/** Returns the roster that all handlers of a server share. The first call creates it. */
export function sharedRoster(server: object): MemoryRoster {
  const roster = rosters.get(server) ?? new MemoryRoster();
  rosters.set(server, roster);
  return roster;
}
