import { assertEquals } from "@std/assert";
import { Backlog } from "../lib/backlog.ts";
import { Random } from "../lib/testing/random.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";

/** Lets so many milliseconds go by on the simulated clock. */
async function pass(clock: SimulatedClock, ms: number): Promise<void> {
  const end = clock.now + ms;
  clock.schedule(ms, () => {});
  while (clock.now < end && await clock.step());
}

Deno.test("Backlog.isNews() is true of a failure that none was soon before", async () => {
  using clock = new SimulatedClock(new Random(1));
  const backlog = new Backlog();
  const news: boolean[] = [];
  for (const ms of [0, 100, 9_000, 9_999, 10_001]) {
    await pass(clock, ms);
    news.push(backlog.isNews());
  }
  assertEquals(news, [true, false, false, false, true]);
});

Deno.test("Backlog.empty() waits while the accept loop is blocked, or clients come", async () => {
  using clock = new SimulatedClock(new Random(1));
  const backlog = new Backlog();
  const { promise, resolve } = Promise.withResolvers<void>();
  void backlog.blockedUntil(promise);
  let empty = false;
  backlog.empty(10_000).then(() => empty = true);
  await pass(clock, 990);
  assertEquals(empty, false);
  resolve();
  await pass(clock, 20);
  backlog.noteAccepted();
  await pass(clock, 30);
  assertEquals(empty, false);
  await pass(clock, 100);
  assertEquals(empty, true);
});
