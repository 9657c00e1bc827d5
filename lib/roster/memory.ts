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
import { weigh } from "./weight.ts";

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
    const refused = new Set<Student>();
    const keys = students.map((student) => keyOf(student.sid));
    // All of them first: so the processor waits for memory once, and not for each.
    const rows = keys.map((key) => this.#students.get(key));
    for (let i = 0; i < students.length; i++) {
      const student = students[i];
      const limit = this.#put(keys[i], student, rows[i]);
      if (!limit) continue;
      this.#reached[limit]++;
      refused.add(student);
    }
    return Promise.resolve(
      refused.size > 0
        ? students.filter((student) => !refused.has(student))
        : undefined,
    );
  }

  read(sid: Sid): Promise<Student | undefined> {
    const row = this.#students.get(keyOf(sid));
    return Promise.resolve(row && { ...row }); // it may be filled in anew
  }

  /** Puts a student in the row of a key. Returns the limit that is against it, if one is. */
  #put(key: Key, student: Student, row0?: Student): LimitName | undefined {
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
    const row = light && before === 0 ? row0 ?? this.#students.get(key) : undefined;
    if (row) fillIn(row, student);
    else {
      const kept = light ? fillIn({ ...EMPTY }, student) : student;
      this.#students.set(key, kept);
    }
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
const EMPTY: Student = { student_name: null, github_username: null, sid: null };

/**
 * Puts a student into a row. One that is there already is filled in anew, since
 * a new one that lives long costs the engine more than all the rest.
 */
function fillIn(row: Student, student: Student): Student {
  const { student_name, github_username, sid } = student;
  if (row.student_name !== student_name) row.student_name = student_name;
  if (row.github_username !== github_username) {
    row.github_username = github_username;
  }
  if (row.sid !== sid) row.sid = sid;
  return row;
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
