import { assert, assertEquals } from "@std/assert";
import { restartUnderLoad, ROSTERS } from "../tools/stress/hold/restart.ts";
import { needs } from "./support/needs.ts";

const net = needs("net");

net.test("Server.shutdown() under load from 50 pipelining clients loses nothing (needs net)", async () => {
  for (const kind of ROSTERS) {
    const { requests, acks, tooLate, ms, ...violations } =
      await restartUnderLoad(kind);
    assert(requests > 0 && tooLate > 0 && ms > 0);
    assertEquals(acks, requests);
    for (const [what, count] of Object.entries(violations)) {
      assertEquals(count, 0, `${what}, with a roster ${kind}`);
    }
  }
});
