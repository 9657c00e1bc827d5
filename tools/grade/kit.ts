/**
 * The protocol kit in `docs/protocol-kit/`: what is sent and expected in each
 * check, as data. `docs/protocol.md` says what its words mean.
 *
 * @module
 */

import causes from "../../docs/protocol-kit/causes.jsonl" with { type: "text" };
import client from "../../docs/protocol-kit/client.jsonl" with { type: "text" };
import server from "../../docs/protocol-kit/server.jsonl" with { type: "text" };

/** Seconds that what is expected may take, unless the step says otherwise. */
export const WITHIN = 5;

/** The two kinds of program. */
export type Side = "server" | "client";
/** What the lab asks for, and what a real program must do besides. */
export const LEVELS = ["lab", "pro"] as const;
export type Level = typeof LEVELS[number];

/** How a step can go wrong. */
export type Wrong =
  | "nothing"
  | "end"
  | "exited"
  | "refused"
  | "broken"
  | "other"
  | "missing"
  | "torn"
  | "order"
  | "there"
  | "runs"
  | "busy"
  | "open"
  | "output"
  | "memory"
  | "processes"
  | "time";

/** The cause that each way of going wrong has, by its name in `causes.jsonl`. */
export type CauseNames = { readonly [W in Wrong]?: string };

/** One step: who does what. */
export interface Step {
  /** The peer that is played, such as `A`, or peers at the same time, such as `A1..24`. */
  readonly peer?: string;
  /** The program under test that does something, or of which something is expected. */
  readonly program?: string;
  /** Whether several peers do it one after the other, and not at the same time. */
  readonly inTurn?: boolean;
  /** How often `steps` are gone through. */
  readonly repeat?: number;
  readonly steps?: readonly Step[];
  /** Seconds that what is expected may take. */
  readonly within?: number;
  /** How many messages are expected. */
  readonly count?: number;
  readonly causes?: CauseNames;
  /** The step's verb, with what it takes. */
  readonly [verb: string]: unknown;
}

/** A check, with its steps. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** Points. */
  readonly weight: number;
  /** Checks without which this one cannot pass: it is not run where the program was silent in one of them. */
  readonly needs: readonly string[];
  /** Checks that must have been passed, for this one to be made. */
  readonly needsPassed: readonly string[];
  /** What the lab says about it, or what the check is for. */
  readonly lab: string;
  /** The causes of all steps that do not name their own. */
  readonly causes: CauseNames;
  readonly steps: readonly Step[];
}

/** Why a check can fail. */
export interface Cause {
  readonly cause: string;
  /** The cause, in a sentence. */
  readonly says: string;
  /** Where it is explained. */
  readonly see: readonly string[];
}

const KIT = { server, client };

function parse<T>(file: string): T[] {
  return file.split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);
}

/** All checks of one side, in the order in which they are made. */
export function readChecks(side: Side): Check[] {
  const checks: Check[] = [];
  type Optional = "needs" | "needsPassed" | "causes";
  type Head = Omit<Check, "id" | Optional | "steps"> & {
    check: string;
  } & Partial<Pick<Check, Optional>>;
  let steps: Step[] = [];
  for (const line of parse<Head | Step>(KIT[side])) {
    if (typeof line.check !== "string") {
      steps.push(line as Step);
      continue;
    }
    const { check: id, needs = [], needsPassed = [], causes = {}, ...head } =
      line as Head;
    steps = [];
    checks.push({ ...head, id, needs, needsPassed, causes, steps });
  }
  return checks;
}

/** All causes, by name. */
export function readCauses(): ReadonlyMap<string, Cause> {
  return new Map(parse<Cause>(causes).map((cause) => [cause.cause, cause]));
}

/** All steps of a check, also those within others. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...allSteps(step.steps ?? [])]);
}
