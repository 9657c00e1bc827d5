// `roster --watch` as a unit.

import { assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import type { Listing } from "../lib/cli/roster/listing.ts";
import { watch } from "../lib/cli/roster/watch.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { Random } from "../lib/testing/random.ts";

const LISTING: Listing = {
  columns: [{ title: "name" }],
  rows: [["Alice"]],
  fields: ["name"],
  values: [["Alice"]],
  keys: ["Alice"],
  summary: "",
};

Deno.test("watch() pauses for ten times as long as a look takes", async () => {
  using clock = new SimulatedClock(new Random(1));
  const stop = new AbortController();
  const looks: number[] = [];
  const look = async () => {
    looks.push(clock.now);
    await delay(looks.length === 1 ? 300 : 20);
    return LISTING;
  };
  const paper = { size: () => undefined, write: () => Promise.resolve(true) };
  const ended = watch(look, stop.signal, paper);
  while (looks.length < 3) await clock.step();
  stop.abort();
  while (await clock.step());
  await ended;
  assertEquals(looks, [0, 300 + 3000, 3300 + 20 + 1000]);
});
