/**
 * A roster in memory.
 *
 * @module
 */

import type { LimitCounts, LimitName, Limits } from "../limits.ts";
import { DEFAULT_LIMITS, limitCounts } from "../limits.ts";
import { type Key, keyOf } from "./key.ts";
import type { Roster } from "./roster.ts";
import type { Sid, Student } from "./student.ts";
import { weigh } from "./estimate.ts";

/** Students in memory: gone when the program ends. */
export class MemoryRoster implements Roster {
  #limits: Readonly<Limits>;
  #reached: LimitCounts;
  /** By the key of the `sid`, see {@linkcode keyOf}. */
  #students = new Map<Key, Student>();
  /** What each student weighs who is not light: to weigh all takes half as long as all the rest. */
  #heavy = new Map<Key, number>();
  #heavyBytes = 0;

  /** As large as the limits allow; what they do not allow is counted in `reached`. */
  constructor(limits = DEFAULT_LIMITS, reached = limitCounts()) {
    this.#limits = limits;
    this.#reached = reached;
  }

  /** Students in it. */
  get size(): number {
    return this.#students.size;
  }

  record(students: readonly Student[]): Promise<readonly Student[] | void> {
    if (this.#haveRoom(students)) {
      this.#recordLight(students);
      return Promise.resolve();
    }
    let refused: Set<Student> | undefined;
    for (const student of students) {
      const limit = this.#put(keyOf(student.sid), student);
      if (!limit) continue;
      this.#reached[limit]++;
      refused ??= new Set();
      refused.add(student);
    }
    return Promise.resolve(
      refused && students.filter((student) => !refused.has(student)),
    );
  }

  /** Whether no limit can be against any of them: the usual case. */
  #haveRoom(students: readonly Student[]): boolean {
    const rows = this.#students.size + students.length;
    return this.#heavy.size === 0 && rows <= this.#limits.maxRosterRows &&
      students.every(isLight);
  }

  /**
   * Records students whom no limit is against. All are looked up before any is
   * written, so that the processor waits for its memory once, and not for each.
   */
  #recordLight(students: readonly Student[]): void {
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

  /** Puts a student in the row of a key. Returns the limit that is against it, if one is. */
  #put(key: Key, student: Student): LimitName | undefined {
    const { maxRosterRows, maxRosterBytes } = this.#limits;
    const full = this.#students.size >= maxRosterRows;
    if (full && !this.#students.has(key)) return "maxRosterRows";
    const light = isLight(student);
    const bytes = light ? 0 : weigh(student) + weigh(key);
    const before = this.#heavy.size > 0 ? this.#heavy.get(key) ?? 0 : 0;
    if (bytes > 0 || before > 0) {
      const after = this.#heavyBytes - before + bytes;
      if (bytes > 0 && after > maxRosterBytes) return "maxRosterBytes";
      this.#heavyBytes = after;
      if (bytes > 0) this.#heavy.set(key, bytes);
      else this.#heavy.delete(key);
    }
    const row = light && before === 0 ? this.#students.get(key) : undefined;
    if (row) fillIn(row, student);
    else this.#students.set(key, light ? rowOf(student) : student);
  }
}

/** Characters of a text that is not worth weighing. */
const SHORT = 200;

/** Whether a student has no keys of its own, and no long texts: at most some 1.5 KB. */
function isLight(student: Student): boolean {
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

const shared = new WeakMap<object, MemoryRoster>();

/** The roster of whoever `owner` is: one for each, made when it is first asked for. */
export function sharedRoster(
  owner: { limits: Readonly<Limits>; reached: LimitCounts },
): MemoryRoster {
  const roster = shared.get(owner) ??
    new MemoryRoster(owner.limits, owner.reached);
  shared.set(owner, roster);
  return roster;
}
