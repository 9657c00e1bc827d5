import { assertEquals } from "@std/assert";
import {
  injectAtShutdown,
  injectWhileServing,
} from "../tools/stress/hold/fault_injection.ts";
import {
  serviceFaults,
  shutdownFaults,
} from "../tools/stress/hold/injected_faults.ts";
import { needs } from "./support/needs.ts";

const net = needs("net");

net.test("Server serves other clients while handlers throw anything anywhere (needs net)", async () => {
  assertEquals(await injectWhileServing(serviceFaults()), []);
});

net.test("Server.shutdown() succeeds although handlers throw during it (needs net)", async () => {
  const effects = shutdownFaults().map((faults) => injectAtShutdown(faults));
  assertEquals((await Promise.all(effects)).flat(), []);
});
