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

/** How long the warm-up takes, in seconds: code is compiled, and heaps stop growing. */
const WARM_UP = 5;
/** How long the measurement takes, in seconds: 3,000 answers. */
const MEASURED = 30;
/** How long 99 of 100 answers may take at most, in milliseconds. */
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
    tell(`the flood got ${Math.round(answers / MEASURED)} answers per second`);
    tell(`the polite client: ${shown(beside)}`);
    tell(`a client of an idle server, at the same time: ${shown(apart)}`);
    return [atMost("polite client, p99", quantile(beside, 0.99), P99, "ms")];
  },
};

function shown(latencies: readonly number[]): string {
  const ms = (q: number) => `${quantile(latencies, q).toFixed(1)} ms`;
  return `median ${ms(0.5)}, p99 ${ms(0.99)}`;
}
