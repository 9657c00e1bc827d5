/**
 * Where the students' requests are recorded.
 *
 * @module
 */

import type { Sid, Student } from "./student.ts";

/** What became of one student: recorded, or refused for a reason that the client is told. */
export type Recorded = "recorded" | { readonly refused: string };

/**
 * Students by their `sid`, whether that is a number or the same number as text.
 * A roster may read, await, and write back, so it must not record twice at a
 * time: the caller holds a lock.
 */
export interface Roster {
  /**
   * Records students in order. A later one replaces an earlier one of the same
   * `sid`. Resolves to one result for each student.
   */
  record(students: readonly Student[]): Promise<readonly Recorded[]>;
  /** Looks a student up. */
  read(sid: Sid): Promise<Student | undefined>;
}
