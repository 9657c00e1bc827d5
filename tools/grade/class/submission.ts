/**
 * One submission, and what grading it resulted in.
 *
 * @module
 */

import type { Verdict } from "../run.ts";

/** What one student, or one group, handed in. */
export interface Submission {
  /** The student's name where a learning platform wrote it, otherwise the folder's or the file's. Not escaped. */
  name: string;
  /** The names of its files and folders in the folder of submissions. */
  entries: readonly string[];
  /** Its folder. */
  folder?: string;
  /** Its files, if they do not lie in a folder of their own, and the names that the student gave them. */
  files: readonly { path: string; name: string }[];
}

/** How a submission was graded. */
export interface Graded {
  /** The submission's name. */
  name: string;
  verdicts: readonly Verdict[];
  /** What was started, and what the grader did to find it. Empty if nothing is to be said. */
  note: string;
  /** Why it could not be graded, if it could not. */
  why?: string;
}

/** A submission cannot be graded. The message is the reason, as it stands after "not graded: ". */
export class NotGraded extends Error {
  /** The class's name, as in `error.name`. */
  override name = "NotGraded";
}
