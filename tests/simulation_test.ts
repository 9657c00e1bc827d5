import { assert, assertEquals } from "@std/assert";
import { Random } from "../tools/random.ts";
import { SimulatedClock } from "../tools/simulation/clock.ts";
import { simulate } from "../tools/simulation/simulation.ts";

/** A simulation, told as one text. */
async function story(seed: number): Promise<string> {
  const lines: string[] = [];
  await simulate(seed, (at, who, what) => lines.push(`${at} ${who} ${what}`));
  return lines.join("\n");
}

Deno.test("SimulatedClock lets what is due happen in the order of time, and moves no further", async () => {
  using clock = new SimulatedClock(new Random(1));
  const heard: number[] = [];
  for (const ms of [30, 10, 20, 10, 5]) {
    setTimeout(() => heard.push(ms, performance.now()), ms);
  }
  const cleared = setTimeout(() => heard.push(-1), 7);
  const began = performance.now();
  clearTimeout(cleared);
  assertEquals(clock.timers, 5);
  while (await clock.step());
  assertEquals(
    heard.map((x) => x < began ? x : x - began),
    [5, 5, 10, 10, 10, 10, 20, 20, 30, 30],
  );
  assertEquals([clock.timers, clock.now], [0, 30]);
});

Deno.test("simulate() tells the same story of a seed each time", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const first = await story(seed);
    assert(first.length > 0);
    assertEquals(await story(seed), first);
  }
});

Deno.test("The simulated server and clients keep all promises in 2,000 simulations", async () => {
  let answers = 0;
  for (let seed = 1; seed <= 2000; seed++) {
    const outcome = await simulate(seed);
    assertEquals(
      outcome.fault,
      undefined,
      `deno task simulate --explain ${seed}`,
    );
    answers += outcome.answers;
  }
  assert(answers > 100_000); // or nothing was asked
});
