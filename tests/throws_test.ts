import { assertEquals } from "@std/assert";
import {
  springAtShutdown,
  springWhileServing,
} from "../bench/hold/springing.ts";
import { serviceTraps, shutdownTraps } from "../bench/hold/traps.ts";

Deno.test("Server serves others while a handler throws anything anywhere", async () => {
  assertEquals(await springWhileServing(serviceTraps()), []);
});

Deno.test("Server.shutdown() ends well although handlers throw at it", async () => {
  const effects = shutdownTraps().map((traps) => springAtShutdown(traps));
  assertEquals((await Promise.all(effects)).flat(), []);
});
