/**
 * A polite client beside ten that pipeline as fast as they can.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { atMost } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import { PoliteClients } from "./polite.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { shippedServer } from "./servers.ts";
import { quantile } from "./statistics.ts";

/** Seconds until the code of all processes is compiled, and nothing grows any more. */
const WARM_UP = 5;
/** Seconds that are measured: 3,000 answers. */
const MEASURED = 30;
/** Milliseconds that 99 of 100 answers may take. */
const P99 = 10;

/** Ten flooding clients do not make a polite one wait. */
export const flood: Scenario = {
  name: "flood",
  about: "10 clients pipeline as fast as they can: a polite one does not wait",
  async measure(tell, stop): Promise<Figure[]> {
    await using server = await shippedServer(stop);
    await using idle = await shippedServer(stop);
    await using polite = await PoliteClients.connect(server.address, 1);
    await using control = await PoliteClients.connect(idle.address, 1);
    await using load = await startLoad("flood", server.address, stop);
    tell(`warming up for ${WARM_UP} s`);
    await delay(WARM_UP * 1000, { signal: stop });
    tell(`measuring for ${MEASURED} s`);
    const before = Number(await load.ask());
    const [beside, apart] = await Promise.all([
      polite.latencies(MEASURED, stop),
      control.latencies(MEASURED, stop),
    ]);
    const answers = Number(await load.ask()) - before;
    tell(`the flood had ${Math.round(answers / MEASURED)} answers a second`);
    tell(`the polite client: ${shown(beside)}`);
    tell(`one of an idle server, on this machine meanwhile: ${shown(apart)}`);
    return [atMost("polite client, p99", quantile(beside, 0.99), P99, "ms")];
  },
};

function shown(latencies: readonly number[]): string {
  const ms = (q: number) => `${quantile(latencies, q).toFixed(1)} ms`;
  return `median ${ms(0.5)}, p99 ${ms(0.99)}`;
}
