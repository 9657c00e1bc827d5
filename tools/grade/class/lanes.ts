/**
 * Grading several submissions at a time.
 *
 * @module
 */

import { complain } from "../../../lib/output.ts";
import { escape, reason } from "../../../lib/text.ts";
import { ProgressLine } from "../../terminal/progress_line.ts";
import { removeAll } from "../../files/remove_all.ts";
import { takesPort } from "../command.ts";
import { type Exam, progressLine } from "../exam.ts";
import type { Isolation } from "../namespace.ts";
import { LEVELS } from "../kit.ts";
import { scoreOf } from "../run.ts";
import { fingerprintOf } from "./files.ts";
import type { Found } from "./find.ts";
import { gradeApart } from "./grading.ts";
import { type HowToStart, locate } from "./locate.ts";
import type { Reports, Stored } from "./reports.ts";
import { type Graded, NotGraded, type Submission } from "./submission.ts";

/** A submission to grade. */
export interface Task {
  submission: Submission;
  how: HowToStart;
  /** Its last report. */
  stored?: Stored;
  /** The path of its folder for temporary files. */
  temporary: string;
}

/** What the grading of all submissions shares. */
export interface Shared {
  exam: Exam;
  reports?: Reports;
  port: number;
  /** How many submissions are graded at a time. */
  jobs: number;
  /** Gives each submission a network of its own, where that is possible. */
  isolation?: Isolation;
  /** All that the verdicts depend on, besides the submission, its command and the seed. */
  identity: string;
}

/** A submission whose program was found. */
interface Ready extends Task {
  index: number;
  found: Found;
  /** Identifies all that the verdicts depend on. */
  fingerprint: string;
}

/** Grades submissions in several lanes: each lane grades one at a time. */
export class Lanes implements Disposable {
  /** How many submissions are done. */
  done = 0;
  /** Whether all reports could be written. */
  isWritten = true;
  #tasks: readonly Task[];
  #left: Iterator<[number, Task]>;
  #shared: Shared;
  #onGraded: (graded: Graded, index: number) => void;
  #line = new ProgressLine();
  /** What each lane does now. */
  #doing: string[];
  /** Programs that listen at the one port: only one runs at a time. */
  #waiting: Ready[] = [];
  #isPortTaken = false;

  /** `onGraded` is called with each submission, in the order in which they are done. */
  constructor(
    tasks: readonly Task[],
    shared: Shared,
    onGraded: (graded: Graded, index: number) => void,
  ) {
    this.#tasks = tasks;
    this.#left = tasks.entries();
    this.#shared = shared;
    this.#onGraded = onGraded;
    this.#doing = Array.from({ length: shared.jobs }, () => "");
  }

  /** Grades all submissions, or stops early if the user asks for it. */
  async run(): Promise<void> {
    await Promise.all(this.#doing.map((_, lane) => this.#runLane(lane)));
  }

  /** Takes the line away that shows the progress. */
  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]();
  }

  async #runLane(lane: number): Promise<void> {
    const { stop } = this.#shared.exam;
    for (let next; !stop.aborted && !(next = this.#left.next()).done;) {
      const [index, task] = next.value;
      const ready = await this.#prepare(task, index);
      if (!ready) continue;
      if (this.#shared.isolation || takesPort(ready.found.command)) {
        await this.#grade(ready, lane);
        continue;
      }
      this.#waiting.push(ready);
      // The lane that has the port grades all that wait for it.
      if (this.#isPortTaken) continue;
      this.#isPortTaken = true;
      for (let first; !stop.aborted && (first = this.#waiting.shift());) {
        await this.#grade(first, lane);
      }
      this.#isPortTaken = false;
    }
  }

  /** Finds the program. Returns `undefined` if there is none, or if it was graded before. */
  async #prepare(task: Task, index: number): Promise<Ready | undefined> {
    const { submission, how, stored, temporary } = task;
    const { exam, reports, identity } = this.#shared;
    let fingerprint = "";
    try {
      fingerprint = await fingerprintOf(
        submission,
        JSON.stringify([identity, exam.seed, how]),
      );
      const same = stored?.fingerprint === fingerprint ? stored : undefined;
      const graded = same && reports?.gradedOf(same);
      // What could not be graded may be graded now: perhaps its port was taken.
      if (graded && graded.why === undefined) {
        this.#tell(graded, index, "unchanged, ");
        return undefined;
      }
      await Deno.mkdir(temporary);
      const found = await locate(submission, how, temporary);
      return { ...task, index, found, fingerprint };
    } catch (error) {
      const why = whyNot(error, submission.name);
      const graded = { name: submission.name, verdicts: [], note: "", why };
      await this.#finish(graded, { ...task, index, fingerprint });
      return undefined;
    }
  }

  async #grade(ready: Ready, lane: number): Promise<void> {
    const { submission: { name }, how: { side }, found, temporary } = ready;
    const { exam: { checks, seed, stop }, jobs, isolation } = this.#shared;
    const { folder, command, note } = found;
    const port = takesPort(command) ? 0 : this.#shared.port;
    const share = { index: lane, of: jobs };
    const graded: Graded = { name, verdicts: [], note };
    try {
      const outcome = await gradeApart({
        job: {
          subject: { command, folder, port, share },
          ...{ side, seed, checks: checks.map(({ id }) => id) },
        },
        ...{ checks, temporary, stop, isolation },
        onProgress: (now) => {
          this.#show(lane, `${escape(name)}: ${progressLine(now)}`);
        },
      });
      graded.verdicts = outcome.verdicts;
      graded.note = [note, outcome.note].filter(Boolean).join(". ");
    } catch (error) {
      graded.why = whyNot(error, name);
    }
    this.#show(lane, "");
    await this.#finish(graded, ready);
  }

  /** Writes the reports of a submission, unless its grading was stopped. */
  async #finish(
    graded: Graded,
    { index, temporary, fingerprint }: Omit<Ready, "found">,
  ): Promise<void> {
    await removeAll(temporary).catch(() => {});
    const { exam: { seed, stop }, reports } = this.#shared;
    if (stop.aborted) return;
    try {
      await reports?.write(graded, seed, fingerprint);
    } catch (error) {
      this.isWritten = false;
      complain(reason(error));
    }
    this.#tell(graded, index, "");
  }

  #tell(graded: Graded, index: number, how: string): void {
    this.done++;
    this.#line[Symbol.dispose]();
    complain(
      `${this.done} of ${this.#tasks.length}: ${escape(graded.name)}: ` +
        how + say(graded),
    );
    this.#onGraded(graded, index);
  }

  #show(lane: number, text: string): void {
    this.#doing[lane] = text;
    const done = `${this.done} of ${this.#tasks.length} done`;
    this.#line.show([done, ...this.#doing.filter(Boolean)].join("; "));
  }
}

/** Says how a submission was graded, in a few words. */
function say({ verdicts, why }: Graded): string {
  if (why !== undefined) return `not graded: ${escape(why)}`;
  return LEVELS.flatMap((level) => {
    const { got, of } = scoreOf(verdicts, level);
    return of > 0 ? [`${level} ${got} of ${of}`] : [];
  }).join(", ");
}

function whyNot(error: unknown, name: string): string {
  if (error instanceof NotGraded) return error.message;
  return name.includes("\ufffd")
    ? "its name is not UTF-8: rename it"
    : reason(error);
}
