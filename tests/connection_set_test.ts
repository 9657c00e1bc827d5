import { assertEquals } from "@std/assert";
import { ConnectionSet } from "../lib/connection/connection_set.ts";
import { soon } from "../lib/testing/soon.ts";

Deno.test("ConnectionSet.waitUntilEmpty() resolves as soon as the last connection ends", async () => {
  const set = new ConnectionSet<number>();
  set.add(1);
  set.add(2);
  const ended = set.waitUntilEmpty(3_600_000).then(() => set.size);
  set.delete(1);
  await Promise.resolve();
  set.delete(2);
  assertEquals(await soon(ended, () => "end"), 0);
});

Deno.test("ConnectionSet.each() continues after a callback throws", () => {
  const set = new ConnectionSet<number>();
  for (const member of [1, 2, 3]) set.add(member);
  const [called, failed]: [number[], unknown[]] = [[], []];
  set.each((member) => {
    called.push(member);
    if (member === 2) throw "no";
  }, (error) => failed.push(error));
  assertEquals([called, failed], [[1, 2, 3], ["no"]]);
});
