/**
 * Reports what is doubtful about the students of one client.
 *
 * @module
 */

import { escapeAndCut } from "../text.ts";
import type { Recorded } from "./store.ts";
import type { Student } from "./student.ts";

/** How many doubtful students of a client are reported. */
const REPORTED = 3;
/** The most characters of a name that is reported. */
const LONGEST_NAME = 60;

/** Reports students that were refused, and those whose `sid` came with another name before. */
export class Doubts {
  #report: (line: string) => void;
  #line: (student: Student) => string;
  #hasRefused = false;
  #doubtful = 0;

  /** Each line is reported with `report`. `line` formats a student. */
  constructor(
    report: (line: string) => void,
    line: (student: Student) => string,
  ) {
    this.#report = report;
    this.#line = line;
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
    const said = `this sid came with the name ${name} before. ${
      this.#line(student)
    }`;
    this.#report(`doubtful: ${said}`);
  }
}
