/**
 * Where the students' requests are recorded.
 *
 * @module
 */

import type { Sid, Student } from "./student.ts";

/**
 * Students by their `sid`, whether that is a number or the same as text. A roster does not record twice at a time: it may
 * read, await, and write back. The caller holds a lock.
 */
export interface Roster {
  /**
   * Records students in order. A later one replaces an earlier one of the same
   * `sid`. Resolves to those that it recorded, if there was not room for all.
   */
  record(students: readonly Student[]): Promise<readonly Student[] | void>;
  /** Looks a student up. */
  read(sid: Sid): Promise<Student | undefined>;
}
