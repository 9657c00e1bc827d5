/**
 * Running checks, and judging the program by them.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { escape } from "../../lib/text.ts";
import { causeOf, promptOf } from "./causes.ts";
import { Changes } from "./changes.ts";
import {
  allSteps,
  type Cause,
  type Check,
  type Level,
  LEVELS,
  type Wrong,
} from "./kit.ts";
import { type Fall, play, unfitness } from "./play.ts";
import { PortTaken } from "./port.ts";
import { NotStarted } from "./program.ts";
import { complaintOf } from "./complaint.ts";
import { Harness } from "./harness.ts";
import { StepFailed } from "./step_failed.ts";
import type { Subject } from "./subject.ts";
import { Maker } from "./values.ts";

/** Entries of a peer's record that a report shows. */
const SHOWN = 3;
/** The check that finds out whether a server acknowledges requests. */
const ACKNOWLEDGE = "acknowledge";
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
  /** The program's last error, and the output that has it. */
  complaint: string;
  complaintOn: "stderr" | "stdout";
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
  "unsaid",
  "output",
  "memory",
  "processes",
  "files",
];

/** Returns the check that makes another one impossible to pass, or meaningless. */
function blocker(
  verdicts: readonly Verdict[],
  { needs, needsPassed }: Check,
): string | undefined {
  const by = ({ by, check }: Verdict) => by ?? check.id;
  const found = (id: string) => verdicts.find(({ check }) => check.id === id);
  for (const id of needsPassed) {
    const verdict = found(id);
    if (verdict && verdict.state !== "passed") return by(verdict);
  }
  for (const need of needs) {
    const mayBeSilent = need.endsWith("?");
    const [first, other] = need.replace("?", "").split("|").map(found);
    if (!first || !isOut(first)) continue;
    if (mayBeSilent && first.diagnosis?.wrong === "nothing") continue;
    const serves = other && other.state !== "unfit" && !isOut(other);
    if (!serves) return by(first);
  }
  return undefined;
}

/** Whether nothing more can be expected after a verdict. */
function isOut({ state, diagnosis }: Verdict): boolean {
  return state === "blocked" ||
    (diagnosis !== undefined && SILENT.includes(diagnosis.wrong));
}

/** A run of checks on one program. */
export class Run {
  readonly verdicts: Verdict[] = [];
  /** What the reader of all verdicts must know. Empty if nothing. */
  note = "";
  /** Called when a program waits until the system frees its port, and when it goes on. */
  onWait: (isWaiting: boolean) => void = () => {};
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
   * @throws {NotStarted} If the program cannot be started, or its port is taken.
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
    const why = check.steps.map((step) => unfitness(step, isSpawned))
      .find(Boolean);
    if (why) return { state: "unfit", why };
    const by = blocker(this.verdicts, check);
    if (by) return { state: "blocked", by };
    const maker = new Maker(this.#seed, check.id);
    const side = allSteps(check.steps).some((step) => step.listen)
      ? "client"
      : "server";
    await using harness = this.#harness = new Harness(
      this.#subject,
      maker,
      side,
    );
    const failed = this.verdicts.filter(({ diagnosis }) => diagnosis);
    harness.onWait = this.onWait;
    harness.failed = new Set(failed.map(({ check }) => check.id));
    harness.isSilent = isSpawned &&
      failed.some(({ check, diagnosis }) =>
        check.id === ACKNOWLEDGE && diagnosis!.wrong === "nothing"
      );
    const fall = await this.#play(harness, check);
    if (harness.moved) this.#follow(harness.moved);
    const programs = [...harness.programs.values()];
    const excess = programs.find(({ excess }) => excess)?.excess;
    if (!fall && !excess) return { state: "passed" };
    const diagnosis = this.#diagnose(
      harness,
      check,
      excess
        ? {
          failed: new StepFailed(
            excess,
            EXCESSES[excess],
            "no more than that",
            fall?.failed.peer,
          ),
        }
        : fall!,
    );
    return { state: "failed", diagnosis };
  }

  #diagnose(harness: Harness, check: Check, fall: Fall): Diagnosis {
    const { wrong, due, peer } = fall.failed;
    const failed = { check, step: fall.step, wrong, ...fall.because };
    const cause = causeOf(failed, harness, this.#causes);
    const prompt = cause === "waits-for-input" && promptOf(harness);
    const got = prompt
      ? `${fall.failed.got}; its prompt: ${escape(prompt)}`
      : fall.failed.got;
    const { says: likely, see } = this.#causes.get(cause)!;
    const last = [...harness.peers.values()].at(-1);
    const sent = peer?.sent.slice(-SHOWN) ?? last?.sent.slice(-1) ?? [];
    const { lastProgram } = harness;
    const { text: complaint, on: complaintOn } = lastProgram
      ? complaintOf(lastProgram)
      : { text: "", on: "stderr" as const };
    return {
      wrong,
      cause,
      likely,
      see,
      sent,
      got,
      due,
      complaint,
      complaintOn,
    };
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
    let isOver = false;
    const over = new Changes();
    const late = harness.deadline(LONGEST).until(over, () => isOver);
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
      const isItsOwn = error instanceof NotStarted &&
        !(error instanceof PortTaken);
      if (!isItsOwn || !isLater) throw error;
      const due = "that it starts, as it did before";
      return { failed: new StepFailed("exited", error.message, due) };
    } finally {
      isOver = true;
      over.note();
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
