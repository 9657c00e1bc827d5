/**
 * Runs one simulation. Its seed determines everything in it.
 *
 * @module
 */

import { simulate, SimulationFault } from "../../../lib/testing/simulate.ts";
import type { SimulatedWorld, Tell } from "../../../lib/testing/world.ts";
import { BEHAVIOURS } from "./clients.ts";
import { checkEnd, checkStep } from "./promises.ts";
import { Trial } from "./trial.ts";

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
export async function simulateSeed(
  seed: number,
  tell?: Tell,
): Promise<Outcome> {
  let answers = 0;
  const outcome = await simulate(seed, (world) => {
    const trial = new Trial(world as SimulatedWorld); // simulate has no other

    world.always(() => checkStep(trial));
    world.atEnd(() => checkEnd(trial));
    world.atEnd(() => answers = trial.answers);
    return trial.run(BEHAVIOURS);
  }, { tell }).then((events) => ({ fault: undefined, events }), (error) => {
    if (!(error instanceof SimulationFault)) throw error;
    return { fault: error.why, events: error.events };
  });
  return { ...outcome, answers };
}
