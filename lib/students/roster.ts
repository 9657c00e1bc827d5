/**
 * Where the students' requests are recorded.
 *
 * @module
 */

import type { MessageMap } from "../formats/format.ts";
import type { Origin } from "./new_students.ts";
import { ACKNOWLEDGED, type Sid, type Student } from "./student.ts";

export type { Origin };

/**
 * The result for one student: recorded, or refused with a reason for the client. A
 * student whose `sid` came with another name before is recorded, too.
 */
export type Recorded =
  | "recorded"
  | { readonly before: string }
  | { readonly refused: string };

/** Whether a student was recorded. */
export function isRecorded(result: Recorded): boolean {
  return result === "recorded" || "before" in result;
}

/** Returns the response to a student who was recorded, or refused. */
export function responseTo(result: Recorded): number | MessageMap {
  return result !== "recorded" && "refused" in result
    ? { error: result.refused }
    : ACKNOWLEDGED;
}

/**
 * Stores students by their `sid`. A number and the same number as text are one
 * `sid`. A roster may read, await, and write back, so two calls of `record` must
 * not overlap: the caller holds a lock.
 */
export interface Roster {
  /**
   * Records students in order. A later student replaces an earlier one with the
   * same `sid`. Resolves to one result for each student. `origin` is the connection
   * that they come from.
   */
  record(
    students: readonly Student[],
    origin?: Origin,
  ): Promise<readonly Recorded[]>;
  /** Looks up a student. */
  read(sid: Sid): Promise<Student | undefined>;
}
