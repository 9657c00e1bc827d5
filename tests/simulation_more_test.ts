// The simulation's second 1,000 seeds. simulation_test.ts has the first.

import { assertAllHold } from "./support/seeds.ts";

Deno.test("The simulated server and clients keep all promises in seeds 1,001 to 2,000", async () => {
  await assertAllHold(1001, 2000);
});
