/**
 * Running the steps of a check.
 *
 * @module
 */

import type { Check, Step, Wrong } from "./kit.ts";
import { PEER_VERBS } from "./peer_verbs.ts";
import { PROGRAM_VERBS } from "./program_verbs.ts";
import type { Harness } from "./harness.ts";
import { StepFailed } from "./step_failed.ts";

/** Returns the names that a step's name stands for: `A1..24` stands for 24. */
function namesOf(name: string): string[] {
  const [, stem, first, end] = /^(.*?)(\d+)\.\.(\d+)$/.exec(name) ?? [];
  if (stem === undefined) return [name];
  const length = Number(end) - Number(first) + 1;
  return Array.from({ length }, (_, i) => `${stem}${Number(first) + i}`);
}

/** The names of all verbs. */
export const VERBS = [
  ...Object.keys(PEER_VERBS),
  ...Object.keys(PROGRAM_VERBS),
];

/** Returns the verb of a step. @throws {Error} If the step does not have exactly one. */
export function verbOf(step: Step): string {
  const verbs = step.peer ? PEER_VERBS : PROGRAM_VERBS;
  const found = Object.keys(step).filter((key) => Object.hasOwn(verbs, key));
  if (found.length === 1) return found[0];
  throw new Error(
    `The kit has ${found.length} verbs in ${JSON.stringify(step)}`,
  );
}

/** The operating systems that a verb needs. All other verbs work anywhere. */
const SYSTEMS: Readonly<Record<string, readonly string[]>> = {
  rests: ["linux"],
  closes: ["linux"],
  listens: ["linux"],
  signal: ["linux", "darwin"],
};

/** Returns why a step cannot run here, or `undefined` if it can. */
export function unfitness(step: Step, isSpawned: boolean): string | undefined {
  if (step.steps) {
    return step.steps.map((it) => unfitness(it, isSpawned)).find(Boolean);
  }
  if (step.ifSpawned && !isSpawned) return undefined; // it is left out
  const verb = verbOf(step);
  // A running server needs no start, and `calms` then only waits.
  const isForAll = ["start", "calms"].includes(verb);
  if (step.program && !isForAll && !isSpawned) return "needs --spawn";
  return SYSTEMS[verb]?.includes(Deno.build.os) ?? true
    ? undefined
    : `needs ${SYSTEMS[verb].join(" or ")}`;
}

/** A step that failed, and how. */
export interface Fall {
  step?: Step;
  failed: StepFailed;
  /** What was found out about the reason. */
  because?: { step: Step | undefined; wrong: Wrong };
}

/** Runs the steps of a check. Resolves to the first that fails. */
export async function play(
  harness: Harness,
  steps: Check["steps"],
): Promise<Fall | undefined> {
  for (const step of steps) {
    if (!isMade(step, harness)) continue;
    if (step.steps) {
      for (let i = 0; i < (step.repeat ?? 1); i++) {
        const fall = await play(harness, step.steps);
        if (fall) return fall;
      }
      continue;
    }
    try {
      await playOne(harness, step);
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      const because = await reason(harness, step.otherwise);
      return { step, failed: error, ...because };
    }
  }
}

/** Whether a step is made, as earlier checks have ended. */
function isMade(step: Step, { failed, isSpawned }: Harness): boolean {
  const { ifFailed, unlessFailed, ifSpawned } = step;
  return !(ifFailed && !failed.has(ifFailed)) &&
    !(unlessFailed && failed.has(unlessFailed)) &&
    !(ifSpawned && !isSpawned);
}

/** Finds out why a step failed. */
async function reason(
  harness: Harness,
  steps: readonly Step[] = [],
): Promise<Pick<Fall, "because"> | undefined> {
  const canRun = steps.every((step) => !unfitness(step, harness.isSpawned));
  const fall = canRun ? await play(harness, steps) : undefined;
  return fall && { because: { step: fall.step, wrong: fall.failed.wrong } };
}

async function playOne(harness: Harness, step: Step): Promise<void> {
  const verb = verbOf(step);
  if (step.program) {
    await PROGRAM_VERBS[verb](harness, step.program, step[verb], step);
    return;
  }
  const act = (name: string) =>
    PEER_VERBS[verb](harness, name, step[verb], step);
  if (step.inTurn) {
    for (const name of namesOf(step.peer!)) await act(name);
    return;
  }
  // All peers begin at the same time, and the step ends when all are done.
  const results = await Promise.allSettled(
    namesOf(step.peer!).map(async (name) => await act(name)),
  );
  const failed = results.find((it) => it.status === "rejected");
  if (failed) throw failed.reason;
}
