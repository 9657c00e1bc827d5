/**
 * Good clients beside a thousand that send a byte of a request a second.
 *
 * @module
 */

import { allOf, atMost } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import { PoliteClients } from "./polite.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { type RunningServer, shippedServer } from "./servers.ts";
import { median, quantile } from "./statistics.ts";

const SLOW_CLIENTS = 1000;
const GOOD_CLIENTS = 10;
const ROUNDS = 5;
/**
 * Seconds of a round with the slow clients, and of one without. Shorter than
 * the time that the server gives a client for a request, so that all are there.
 */
const ROUND = 5;
/** Seconds before each of them that do not count. */
const SETTLING = 2;
/** How many times as long 99 of 100 answers may take with the slow clients. */
const TIMES = 2;

/** A thousand slow clients hardly make good ones wait. */
export const slowClients: Scenario = {
  name: "slow-clients",
  about: "1,000 clients send a byte a second: good ones hardly wait longer",
  async measure(tell, stop): Promise<Figure[]> {
    await using server = await shippedServer(stop);
    await using good = await PoliteClients.connect(
      server.address,
      GOOD_CLIENTS,
    );
    const p99 = async () => {
      // A thousand clients that have just come or left are work of their own.
      await good.latencies(SETTLING, stop);
      return quantile(await good.latencies(ROUND, stop), 0.99);
    };
    await p99(); // warms up
    const without: number[] = [];
    const beside: Beside[] = [];
    while (beside.length < ROUNDS) {
      without.push(await p99());
      beside.push(await besideSlowOnes(server, p99, stop));
      tell(
        `p99 without ${without.at(-1)!.toFixed(2)} ms, ` +
          `with them ${beside.at(-1)!.p99.toFixed(2)} ms`,
      );
    }
    const ratio = median(beside.map(({ p99 }) => p99)) / median(without);
    const present = Math.min(...beside.map(({ present }) => present));
    return [
      allOf("slow clients that were there", present, SLOW_CLIENTS),
      atMost("good clients' p99, to without", ratio, TIMES, "times"),
    ];
  },
};

/** What was measured beside slow clients. */
interface Beside {
  p99: number;
  /** How many slow ones were still connected at the end. */
  present: number;
}

async function besideSlowOnes(
  { address }: RunningServer,
  p99: () => Promise<number>,
  stop: AbortSignal,
): Promise<Beside> {
  await using load = await startLoad("slow_clients", address, stop);
  return { p99: await p99(), present: Number(await load.ask()) };
}
