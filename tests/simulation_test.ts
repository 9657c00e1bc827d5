// The simulation and its first 1,000 seeds. simulation_more_test.ts has 1,000
// more, so that the two run side by side.

import { assert, assertEquals } from "@std/assert";
import { Random } from "../lib/testing/random.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { simulateSeed } from "../tools/stress/simulation/simulation.ts";
import { assertAllHold } from "./support/seeds.ts";

/** Returns all events of a simulation as one text. */
async function story(seed: number): Promise<string> {
  const lines: string[] = [];
  await simulateSeed(
    seed,
    (at, who, what) => lines.push(`${at} ${who} ${what}`),
  );
  return lines.join("\n");
}

Deno.test("SimulatedClock fires timers in the order of time, and stops at the last one", async () => {
  using clock = new SimulatedClock(new Random(1));
  const fired: number[] = [];
  for (const ms of [30, 10, 20, 10, 5]) {
    setTimeout(() => fired.push(ms, performance.now()), ms);
  }
  const cleared = setTimeout(() => fired.push(-1), 7);
  const began = performance.now();
  clearTimeout(cleared);
  assertEquals(clock.timers, 5);
  while (await clock.step());
  assertEquals(
    fired.map((x) => x < began ? x : x - began),
    [5, 5, 10, 10, 10, 10, 20, 20, 30, 30],
  );
  assertEquals([clock.timers, clock.now], [0, 30]);
});

Deno.test("simulate() produces the same events for the same seed", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const first = await story(seed);
    assert(first.length > 0);
    assertEquals(await story(seed), first);
  }
});

Deno.test("The simulated server and clients keep all promises in seeds 1 to 1,000", async () => {
  await assertAllHold(1, 1000);
});
