/**
 * Running all checks on one program.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { whenAborted } from "../../lib/cli/signals.ts";
import type { Cause, Check } from "./kit.ts";
import { NotStarted } from "./program.ts";
import { Run, type Verdict } from "./run.ts";
import type { Subject } from "./subject.ts";

/** The settings that all programs of a grading run share. */
export interface Exam {
  checks: readonly Check[];
  causes: ReadonlyMap<string, Cause>;
  seed: number;
  stop: AbortSignal;
}

/** What a run of checks resulted in. */
export interface Outcome {
  verdicts: readonly Verdict[];
  /** What the reader of all verdicts must know. Empty if nothing. */
  note: string;
}

/** What is done now. */
export interface Progress {
  /** The id of the check. */
  check: string;
  number: number;
  of: number;
  /** Whether the check waits until the system frees the port. */
  isWaiting: boolean;
}

/** Says what is done now, in a few words. */
export function progressLine(
  { check, number, of, isWaiting }: Progress,
): string {
  const wait = isWaiting
    ? ": waiting until the system frees the port, up to a minute"
    : "";
  return `${number} of ${of}: ${check}${wait}`;
}

/**
 * Runs all checks on one program. `onProgress` is called before each, and when it
 * begins and ends to wait for the port.
 *
 * @throws {NotStarted} If the program cannot be started.
 * @throws {Failure} If the run was stopped.
 */
export async function examine(
  subject: Subject,
  { checks, causes, seed, stop }: Exam,
  onProgress: (now: Progress) => void,
): Promise<Outcome> {
  const run = new Run(subject, seed, causes);
  const stopped = Promise.withResolvers<undefined>();
  whenAborted(stop, () => stopped.resolve(undefined));
  for (const [done, check] of checks.entries()) {
    const now = { check: check.id, number: done + 1, of: checks.length };
    run.onWait = (isWaiting) => onProgress({ ...now, isWaiting });
    run.onWait(false);
    const making = run.make(check);
    const verdict = await Promise.race([making, stopped.promise]);
    if (!verdict) {
      await run.stop();
      await making.catch(() => {}); // the program may have been starting
      throw new Failure(`Stopped in check ${done + 1} of ${checks.length}`);
    }
    const isFirst = run.verdicts.every((it) =>
      it === verdict || it.state === "unfit"
    );
    if (
      "host" in subject && isFirst && verdict.diagnosis?.wrong === "refused"
    ) {
      const { host, port } = subject;
      throw new NotStarted(`Nothing listens at ${host}:${port}`);
    }
  }
  return run;
}
