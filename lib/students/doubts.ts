/**
 * Reports what is doubtful about the students of one client.
 *
 * @module
 */

import { escapeAndCut } from "../text.ts";
import { nameIn } from "./student.ts";
import type { Recorded } from "./store.ts";
import type { Student } from "./student.ts";

/** How many doubtful students of a client are reported. */
const REPORTED = 3;
/** The most characters of a name that is reported. */
const LONGEST_NAME = 60;

/** Reports students that were refused, and those whose `sid` came with another name before. */
export class Doubts {
  #report: (line: string, about?: { name?: string }) => void;
  #hasRefused = false;
  #doubtful = 0;

  /** Each line is reported with `report`, and says which student it is about. */
  constructor(report: (line: string, about?: { name?: string }) => void) {
    this.#report = report;
  }

  /** Notes the results for some students. Only the first few are reported, since a client can repeat them without end. */
  add(students: readonly Student[], results: readonly Recorded[]): void {
    results.forEach((result, i) => {
      if (result === "recorded") return;
      if ("before" in result) this.#addOther(students[i], result.before);
      else if (!this.#hasRefused) {
        this.#hasRefused = true;
        this.#report(`refused: ${result.refused}`);
      }
    });
  }

  #addOther(student: Student, before: string): void {
    if (++this.#doubtful === REPORTED + 1) {
      this.#report("further doubtful students of this client are not reported");
    }
    if (this.#doubtful > REPORTED) return;
    const name = escapeAndCut(before, LONGEST_NAME);
    const line = `doubtful: this sid came with the name ${name} before`;
    const now = nameIn(student);
    // Without a name of its own, the line would have that of another request.
    this.#report(line, { name: now });
  }
}
