/**
 * The grader of one submission, in a process of its own: another submission
 * cannot delay it, and its error is not an error of all.
 *
 * Its one argument is a {@linkcode Job} as JSON. It prints {@linkcode News} as
 * JSON, one per line.
 *
 * @module
 */

import { exitWith, Failure } from "../../../lib/cli/program.ts";
import type { StopSignals } from "../../../lib/cli/signals.ts";
import { print } from "../../../lib/output.ts";
import { examine, type Progress } from "../exam.ts";
import type { Subject } from "../subject.ts";
import { readCauses, readChecks, type Side } from "../kit.ts";
import { NotStarted } from "../program.ts";
import { toJson } from "../json.ts";
import type { JsonReport } from "../json.ts";

/** What a process is to grade. */
export interface Job {
  subject: Subject;
  side: Side;
  /** The ids of the checks. */
  checks: readonly string[];
  seed: number;
}

/** What it says of it: the check that it makes now, or how all ended. */
export type News =
  | Progress
  | { report: JsonReport }
  | { notStarted: string };

function tell(news: News): void {
  print([JSON.stringify(news)]);
}

/** The command line. Returns the exit code. */
async function main(
  [text]: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  const { subject, side, checks: ids, seed }: Job = JSON.parse(text);
  const checks = readChecks(side).filter(({ id }) => ids.includes(id));
  const exam = { checks, causes: readCauses(), seed, stop };
  try {
    const outcome = await examine(subject, exam, tell);
    tell({ report: toJson(outcome, seed) });
    return 0;
  } catch (error) {
    if (error instanceof NotStarted) tell({ notStarted: error.message });
    else if (!(error instanceof Failure)) throw error;
    return 1;
  }
}

if (import.meta.main) await exitWith(main);
