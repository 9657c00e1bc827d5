import { assertEquals } from "@std/assert";
import {
  springAtShutdown,
  springWhileServing,
} from "../tools/stress/hold/springing.ts";
import { serviceTraps, shutdownTraps } from "../tools/stress/hold/traps.ts";
import { needs } from "./support/needs.ts";

const net = needs("net");

net.test("Server serves others while a handler throws anything anywhere (needs net)", async () => {
  assertEquals(await springWhileServing(serviceTraps()), []);
});

net.test("Server.shutdown() ends well although handlers throw at it (needs net)", async () => {
  const effects = shutdownTraps().map((traps) => springAtShutdown(traps));
  assertEquals((await Promise.all(effects)).flat(), []);
});
