import { assert, assertEquals } from "@std/assert";
import { restartUnderLoad } from "../bench/hold/restart.ts";

Deno.test("Server.shutdown() under load from 50 pipelining clients loses nothing", async () => {
  for (let i = 0; i < 3; i++) {
    const { requests, acks, tooLate, ms, ...violations } =
      await restartUnderLoad();
    assert(requests > 0 && tooLate > 0 && ms > 0);
    assertEquals(acks, requests);
    for (const [what, count] of Object.entries(violations)) {
      assertEquals(count, 0, what);
    }
  }
});
