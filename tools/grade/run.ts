/**
 * Running checks, and judging the program by them.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Failure } from "../../lib/cli/program.ts";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import {
  allSteps,
  type Cause,
  type Check,
  type Level,
  LEVELS,
  type Wrong,
} from "./kit.ts";
import { type Fall, play, unfitness } from "./play.ts";
import { NotStarted } from "./program.ts";
import { complaintOf } from "./complaint.ts";
import { Harness, StepFailed } from "./harness.ts";
import type { Subject } from "./subject.ts";
import { Maker } from "./values.ts";

/** Entries of a peer's record that a report shows. */
const SHOWN = 3;
/** How long one check may take, in seconds. */
const LONGEST = 60;

/** Why a check failed. */
export interface Diagnosis {
  wrong: Wrong;
  /** The cause's name. */
  cause: string;
  /** The likely cause, in a sentence. */
  likely: string;
  /** The pages and sections that explain it. */
  see: readonly string[];
  /** What the peer of the failed step sent. */
  sent: readonly string[];
  /** What was observed. */
  got: string;
  /** What was expected. */
  due: string;
  /** The program's last error on stderr. */
  complaint: string;
}

/** How a check ended. */
export interface Verdict {
  check: Check;
  /** `blocked`: it was not run, since a check that it needs failed. `unfit`: it cannot run here. */
  state: "passed" | "failed" | "blocked" | "unfit";
  seconds: number;
  diagnosis?: Diagnosis;
  /** The check that blocks this one. */
  by?: string;
  /** Why it cannot run here. */
  why?: string;
}

/** Failures after which nothing more can be expected of a program. */
const SILENT: readonly Wrong[] = [
  "nothing",
  "end",
  "exited",
  "refused",
  "broken",
];

/** Whether a verdict makes another check impossible to pass, or meaningless. */
function blocks({ check, state, diagnosis }: Verdict, other: Check): boolean {
  if (other.needsPassed.includes(check.id)) return state !== "passed";
  if (!other.needs.includes(check.id)) return false;
  return state === "blocked" ||
    (diagnosis !== undefined && SILENT.includes(diagnosis.wrong));
}

/** A run of checks on one program. */
export class Run {
  readonly verdicts: Verdict[] = [];
  /** What the reader of all verdicts must know. Empty if nothing. */
  note = "";
  #subject: Subject;
  #seed: number;
  #causes: ReadonlyMap<string, Cause>;
  #harness: Harness | undefined;
  #stopped = Promise.withResolvers<never>();

  constructor(
    subject: Subject,
    seed: number,
    causes: ReadonlyMap<string, Cause>,
  ) {
    this.#subject = subject;
    this.#seed = seed;
    this.#causes = causes;
    this.#stopped.promise.catch(() => {}); // no check may be running
  }

  /**
   * Runs a check.
   *
   * @throws {NotStarted} If the program cannot be started.
   */
  async make(check: Check): Promise<Verdict> {
    const begin = performance.now();
    const verdict = await this.#judge(check);
    const seconds = (performance.now() - begin) / 1000;
    const whole = { check, seconds, ...verdict };
    this.verdicts.push(whole);
    return whole;
  }

  async #judge(check: Check): Promise<Omit<Verdict, "check" | "seconds">> {
    const isSpawned = "command" in this.#subject;
    const why = allSteps(check.steps)
      .map((step) => unfitness(step, isSpawned)).find(Boolean);
    if (why) return { state: "unfit", why };
    const by = this.verdicts.find((it) => blocks(it, check));
    if (by) return { state: "blocked", by: by.by ?? by.check.id };
    const maker = new Maker(this.#seed, check.id);
    await using harness = this.#harness = new Harness(this.#subject, maker);
    const fall = await this.#play(harness, check);
    if (harness.moved) this.#follow(harness.moved);
    const programs = [...harness.programs.values()];
    const excess = programs.find(({ excess }) => excess)?.excess;
    if (!fall && !excess) return { state: "passed" };
    const { wrong, got, due, peer } = excess
      ? new StepFailed(excess, EXCESSES[excess], "less", fall?.failed.peer)
      : fall!.failed;
    const cause = fall?.step?.causes?.[wrong] ?? check.causes[wrong] ?? wrong;
    const { says: likely, see } = this.#causes.get(cause)!;
    const sent = peer?.sent.slice(-SHOWN) ??
      harness.sent.slice(-1).map(pythonRepr);
    const complaint = complaintOf(programs.at(-1)?.stderr.text ?? "");
    const diagnosis = { wrong, cause, likely, see, sent, got, due, complaint };
    return { state: "failed", diagnosis };
  }

  /** Expects a program in the next checks at the port at which it listens. */
  #follow({ from, to }: { from: number; to: number }): void {
    this.note ||=
      `It listens at port ${to}, not ${from}. The checks went on there.`;
    if ("command" in this.#subject) {
      this.#subject = { ...this.#subject, port: to };
    }
  }

  async #play(harness: Harness, check: Check): Promise<Fall | undefined> {
    const enough = new AbortController();
    const late = delay(LONGEST * 1000, { signal: enough.signal });
    const got = `the check did not end in ${LONGEST} s`;
    const tooLong: Fall = {
      failed: new StepFailed("time", got, "that it ends"),
    };
    try {
      const playing = play(harness, check.steps);
      // After a timeout the programs are ended: errors from then on mean nothing.
      playing.catch(() => {});
      return await Promise.race([
        playing,
        late.then(() => tooLong),
        this.#stopped.promise,
      ]);
    } catch (error) {
      // The program started in an earlier check, so this check failed.
      const isLater = this.verdicts.some(({ state }) => state !== "unfit");
      if (!(error instanceof NotStarted) || !isLater) throw error;
      const due = "that it starts, as it did before";
      return { failed: new StepFailed("exited", error.message, due) };
    } finally {
      late.catch(() => {});
      enough.abort();
    }
  }

  /** Ends the running check at once: it rejects. */
  async stop(): Promise<void> {
    this.#stopped.reject(new Failure("Stopped"));
    await this.#harness?.[Symbol.asyncDispose]();
  }
}

const EXCESSES = {
  output: "more than 256 MiB of output",
  memory: "more than 1 GiB of memory in use",
  processes: "more than 50 processes",
  files: "more than 512 MiB or 10,000 files written",
};

/** Points of one level. */
export interface Score {
  got: number;
  of: number;
}

/** Returns the points of a level. Checks that cannot run here do not count. */
export function scoreOf(verdicts: readonly Verdict[], level: Level): Score {
  const counted = verdicts.filter(({ check, state }) =>
    check.level === level && state !== "unfit"
  );
  const sum = (them: readonly Verdict[]) =>
    them.reduce((points, { check }) => points + check.weight, 0);
  return {
    got: sum(counted.filter(({ state }) => state === "passed")),
    of: sum(counted),
  };
}

/** Whether all checks that a level asks for were passed, and there was at least one. */
export function hasPassed(verdicts: readonly Verdict[], level: Level): boolean {
  const asked = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const scores = asked.map((level) => scoreOf(verdicts, level));
  return scores.every(({ got, of }) => got === of) &&
    scores.some(({ of }) => of > 0);
}
