import { assertEquals } from "@std/assert";
import { ConnectionSet } from "../lib/connection/connection_set.ts";
import { soon } from "../lib/testing/soon.ts";

Deno.test("ConnectionSet.waitUntilEmpty() waits for the last to end, and no longer", async () => {
  const inFlight = new ConnectionSet<number>();
  inFlight.add(1);
  inFlight.add(2);
  const ended = inFlight.waitUntilEmpty(3_600_000).then(() => inFlight.size);
  inFlight.delete(1);
  await Promise.resolve();
  inFlight.delete(2);
  assertEquals(await soon(ended, () => "end"), 0);
});

Deno.test("ConnectionSet.each() goes on after one that throws", () => {
  const inFlight = new ConnectionSet<number>();
  for (const thing of [1, 2, 3]) inFlight.add(thing);
  const [called, failed]: [number[], unknown[]] = [[], []];
  inFlight.each((thing) => {
    called.push(thing);
    if (thing === 2) throw "no";
  }, (error) => failed.push(error));
  assertEquals([called, failed], [[1, 2, 3], ["no"]]);
});
