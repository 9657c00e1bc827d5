import { assertEquals } from "@std/assert";
import { ConnectionSet } from "../lib/connection/connection_set.ts";
import { soon } from "../lib/testing/soon.ts";

Deno.test("ConnectionSet.waitUntilEmpty() resolves as soon as the last connection ends", async () => {
  const set = new ConnectionSet();
  const [first, second] = [{ clientId: 1 }, { clientId: 2 }];
  set.add(first);
  set.add(second);
  const ended = set.waitUntilEmpty(3_600_000).then(() => set.size);
  set.delete(first);
  await Promise.resolve();
  set.delete(second);
  assertEquals(await soon(ended, () => "end"), 0);
});

Deno.test("ConnectionSet.each() continues after a callback throws", () => {
  const set = new ConnectionSet();
  for (const clientId of [1, 2, 3]) set.add({ clientId });
  const [called, failed]: [number[], unknown[]] = [[], []];
  set.each(({ clientId }) => {
    called.push(clientId);
    if (clientId === 2) throw "no";
  }, (error) => failed.push(error));
  assertEquals([called, failed], [[1, 2, 3], ["no"]]);
});
