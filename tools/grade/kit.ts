/**
 * The protocol kit in `docs/protocol-kit/`: what each check sends and expects,
 * as data. `docs/protocol.md` defines its words.
 *
 * @module
 */

import causes from "../../docs/protocol-kit/causes.jsonl" with { type: "text" };
import client from "../../docs/protocol-kit/client.jsonl" with { type: "text" };
import server from "../../docs/protocol-kit/server.jsonl" with { type: "text" };

/** How long a step waits for what it expects, in seconds, unless it says otherwise. */
export const WITHIN = 5;

/** The two kinds of program. */
export type Side = "server" | "client";
/** The levels: what the lab asks for, and what a real program must also do. */
export const LEVELS = ["lab", "pro"] as const;
export type Level = typeof LEVELS[number];

/** How a step can fail. */
export type Wrong =
  | "nothing"
  | "end"
  | "exited"
  | "refused"
  | "broken"
  | "other"
  | "missing"
  | "unsaid"
  | "torn"
  | "order"
  | "there"
  | "runs"
  | "busy"
  | "open"
  | "output"
  | "memory"
  | "processes"
  | "files"
  | "time";

/**
 * The likely cause of each kind of failure, by its name in `causes.jsonl`. Of
 * several, the first one whose signs the program printed, or else the last.
 */
export type CauseNames = { readonly [W in Wrong]?: string | readonly string[] };

/** One step: who does what. */
export interface Step {
  /** The peer that acts, such as `A`, or several peers at the same time, such as `A1..24`. */
  readonly peer?: string;
  /** The program under test that acts or is tested. */
  readonly program?: string;
  /** Whether several peers act one after the other instead of at the same time. */
  readonly inTurn?: boolean;
  /** How many times `steps` are repeated. */
  readonly repeat?: number;
  readonly steps?: readonly Step[];
  /** The step is made only if this check failed, or only if it did not. */
  readonly ifFailed?: string;
  readonly unlessFailed?: string;
  /** The step is made only if the grader started the program. */
  readonly ifSpawned?: boolean;
  /** Steps that are made if this one fails. If one of them fails, its cause is the likely one. */
  readonly otherwise?: readonly Step[];
  /** What is expected, in words. */
  readonly due?: string;
  /** How long the step waits for what it expects, in seconds. */
  readonly within?: number;
  /** How many messages are expected. */
  readonly count?: number;
  readonly causes?: CauseNames;
  /** The step's verb, with its argument. */
  readonly [verb: string]: unknown;
}

/** A check, with its steps. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** Points. */
  readonly weight: number;
  /** Checks without which this one cannot pass. It does not run if the program stopped responding in one of them. `a|b` needs
   * one of the two; `a?` may have failed by `nothing`. */
  readonly needs: readonly string[];
  /** Checks that must have passed before this one can run. */
  readonly needsPassed: readonly string[];
  /** What the lab says about it, or why the check exists. */
  readonly lab: string;
  /** The causes for all steps that do not name their own. */
  readonly causes: CauseNames;
  readonly steps: readonly Step[];
}

/** Why a check can fail. */
export interface Cause {
  readonly cause: string;
  /** The cause, in a sentence. */
  readonly says: string;
  /** The pages and sections that explain it, and show what mends it. */
  readonly see: readonly string[];
  /** Texts in the program's output that show that it is this cause. */
  readonly signs?: readonly string[];
}

const KIT = { server, client };

function parse<T>(file: string): T[] {
  return file.split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);
}

/** Returns all checks of one side, in the order in which they run. */
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

/** Returns all causes, by name. */
export function readCauses(): ReadonlyMap<string, Cause> {
  return new Map(parse<Cause>(causes).map((cause) => [cause.cause, cause]));
}

/** Returns all steps of a check, including nested ones, and those that are made only after a failure. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [
    step,
    ...allSteps(step.steps ?? []),
    ...allSteps(step.otherwise ?? []),
  ]);
}
