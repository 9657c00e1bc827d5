/**
 * Runs one simulation. Its seed determines everything in it.
 *
 * @module
 */

import { Random } from "../../../lib/testing/random.ts";
import { SimulatedClock } from "../../../lib/testing/clock.ts";
import { BEHAVIOURS } from "./clients.ts";
import { checkEnd, checkStep } from "./promises.ts";
import { type Tell, World } from "./world.ts";

/** How many events one simulation may have. A few hundred are usual. */
const MOST_EVENTS = 100_000;

/** The result of a simulation. */
export interface Outcome {
  /** What was wrong, if anything. */
  fault: string | undefined;
  /** How many events there were. */
  events: number;
  /** How many answers the server sent. */
  answers: number;
}

/** Simulates a seed until something is wrong or nothing more happens. */
export async function simulate(seed: number, tell?: Tell): Promise<Outcome> {
  const random = new Random(seed);
  using clock = new SimulatedClock(random);
  const world = new World(clock, random, tell);
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    world.fault(`an unhandled rejection: ${event.reason}`);
  };
  addEventListener("unhandledrejection", onRejection);
  let events = 0;
  try {
    world.start(BEHAVIOURS);
    while (world.found === undefined && await clock.step()) {
      checkStep(world);
      if (++events > MOST_EVENTS) world.fault("the simulation does not end");
    }
    if (world.found === undefined) checkEnd(world);
  } finally {
    removeEventListener("unhandledrejection", onRejection);
  }
  const answers = world.dialogues.reduce((sum, d) => sum + d.answers, 0);
  return { fault: world.found, events, answers };
}
