/**
 * A roster in memory.
 *
 * @module
 */

import { estimateBytes } from "./estimate.ts";
import { type Key, keyOf } from "./key.ts";
import {
  type NewStudentLimits,
  NewStudents,
  type Origin,
} from "./new_students.ts";
import type { Recorded, Roster } from "./roster.ts";
import type { Sid, Student } from "./student.ts";

/** The limits of a roster in memory. */
export interface RosterLimits extends NewStudentLimits {
  /**
   * Estimated bytes of all students in the memory roster. Large students, with
   * additional keys or with texts of over 200 characters, take at most half of it.
   *
   * A further student, or a longer one, is refused with an error, and the connection
   * goes on.
   *
   * @default {268435456}
   */
  maxRosterBytes: number;
}

/** The default limits of a roster. */
export const DEFAULT_ROSTER_LIMITS: Readonly<RosterLimits> = {
  maxNewPerConnection: 0,
  maxNewPerAddress: 0,
  maxRosterBytes: 268_435_456,
};

/** The error for a client whose student a limit forbids. */
const REFUSED: { readonly [limit in keyof RosterLimits]: string } = {
  maxNewPerConnection:
    "This connection has brought too many new students: try again in a minute",
  maxNewPerAddress:
    "Too many new students come from your address: try again in a minute",
  maxRosterBytes: "The roster is full",
};

/** A roster in memory, which is lost when the program ends. */
export class MemoryRoster implements Roster {
  /** How often each limit was reached. */
  readonly limitHits: Record<keyof RosterLimits, number> = {
    maxNewPerConnection: 0,
    maxNewPerAddress: 0,
    maxRosterBytes: 0,
  };
  #maxBytes: number;
  /** The students by the key of their `sid`, see {@linkcode keyOf}. */
  #students = new Map<Key, Student>();
  /** The estimated bytes of all students. */
  #bytes = 0;
  /** Those of the large students among them. */
  #largeBytes = 0;
  #newStudents: NewStudents;

  /** Makes an empty roster. */
  constructor(limits: Partial<RosterLimits> = {}) {
    const all = { ...DEFAULT_ROSTER_LIMITS, ...limits };
    this.#maxBytes = all.maxRosterBytes;
    this.#newStudents = new NewStudents(all);
  }

  /** How many students it holds. */
  get size(): number {
    return this.#students.size;
  }

  record(
    students: readonly Student[],
    origin?: Origin,
  ): Promise<readonly Recorded[]> {
    const results = this.#haveRoom(students)
      ? this.#recordSmall(students)
      : students.map((student) => this.#put(student, origin));
    return Promise.resolve(results);
  }

  /** Whether no limit can refuse any of the students: the usual case. */
  #haveRoom(students: readonly Student[]): boolean {
    const most = this.#bytes + students.length * MOST_SMALL;
    return this.#largeBytes === 0 && !this.#newStudents.isLimited &&
      most <= this.#maxBytes && students.every(isSmall);
  }

  /**
   * Records students whom no limit can refuse. All are looked up before any is
   * written, so that the processor waits for memory once, not for each student.
   */
  #recordSmall(students: readonly Student[]): Recorded[] {
    const keys = students.map(({ sid }) => keyOf(sid));
    const rows = keys.map((key) => this.#students.get(key));
    return students.map((student, i) => {
      const row = rows[i] ?? this.#students.get(keys[i]); // it may be in this batch
      const before = row?.student_name;
      this.#bytes += smallBytes(student) - (row ? smallBytes(row) : 0);
      if (row) fillIn(row, student);
      else this.#students.set(keys[i], rowOf(student));
      return resultOf(student, before);
    });
  }

  /** Stores a student, unless a limit forbids it. */
  #put(student: Student, origin: Origin | undefined): Recorded {
    const key = keyOf(student.sid);
    const row = this.#students.get(key);
    const [before, after] = [row ? bytesOf(row) : 0, bytesOf(student)];
    const isLarge = !isSmall(student);
    const largeBytes = this.#largeBytes + (isLarge ? after : 0) -
      (row && !isSmall(row) ? before : 0);
    const bytes = this.#bytes + after - before;
    const isFull = after > before &&
      (bytes > this.#maxBytes || isLarge && largeBytes > this.#maxBytes / 2);
    const limit = isFull
      ? "maxRosterBytes"
      : origin && !row
      ? this.#newStudents.count(origin)
      : undefined;
    if (limit) {
      this.limitHits[limit]++;
      return { refused: REFUSED[limit] };
    }
    this.#largeBytes = largeBytes;
    this.#bytes = bytes;
    this.#students.set(key, isLarge ? student : rowOf(student));
    return resultOf(student, row?.student_name);
  }

  read(sid: Sid): Promise<Student | undefined> {
    const row = this.#students.get(keyOf(sid));
    return Promise.resolve(row && { ...row }); // a copy: the row may be overwritten
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

/** The estimated bytes of a small student, without its texts. */
const ROW = 256;
/** The most estimated bytes of a small student: of three long texts. */
const MOST_SMALL = ROW + 3 * 2 * SHORT;

/** Estimates the bytes of a student in the roster. */
function bytesOf(student: Student): number {
  return isSmall(student) ? smallBytes(student) : ROW + estimateBytes(student);
}

function smallBytes({ student_name, github_username, sid }: Student): number {
  const characters = (student_name?.length ?? 0) +
    (github_username?.length ?? 0) + (typeof sid === "string" ? sid.length : 0);
  return ROW + 2 * characters;
}

/** Returns the result for a student who was recorded, and whose `sid` came with a name before, if it did. */
function resultOf(
  { student_name, sid }: Student,
  before: string | null | undefined,
): Recorded {
  if (before === student_name || typeof before !== "string") return "recorded";
  return student_name === null || sid === null ? "recorded" : { before };
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
