/**
 * A roster in memory.
 *
 * @module
 */

import type { Roster } from "./roster.ts";
import type { Sid, Student } from "./student.ts";

/** Students in memory: gone when the program ends. */
export class MemoryRoster implements Roster {
  /** By the text of the `sid`: numbers can be chosen so that a `Map` finds them slowly. */
  #students = new Map<string, Student>();

  record(students: readonly Student[]): Promise<void> {
    for (const student of students) {
      this.#students.set(String(student.sid), student);
    }
    return Promise.resolve();
  }

  read(sid: Sid): Promise<Student | undefined> {
    return Promise.resolve(this.#students.get(String(sid)));
  }
}

const shared = new WeakMap<object, Roster>();

/** The roster of whoever `owner` is: one for each, made when it is first asked for. */
export function sharedRoster(owner: object): Roster {
  const roster = shared.get(owner) ?? new MemoryRoster();
  shared.set(owner, roster);
  return roster;
}
