// Runs the simulation with one seed after the other.

import { assert, assertEquals } from "@std/assert";
import { simulateSeed } from "../../tools/stress/simulation/simulation.ts";

/** Fails at the first seed whose simulation breaks a promise. */
export async function assertAllHold(from: number, to: number): Promise<void> {
  let answers = 0;
  for (let seed = from; seed <= to; seed++) {
    const outcome = await simulateSeed(seed);
    const explain = `deno task simulate --explain ${seed}`;
    assertEquals(outcome.fault, undefined, explain);
    answers += outcome.answers;
  }
  assert(answers > 50 * (to - from)); // otherwise the clients sent too few requests
}
