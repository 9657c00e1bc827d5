/**
 * Good clients beside a thousand that send one byte of a request per second.
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
 * How long a round takes, with or without the slow clients, in seconds. Shorter
 * than the request timeout, so that no slow client is closed.
 */
const ROUND = 5;
/** How long each round runs before it is measured, in seconds. */
const SETTLING = 2;
/** The factor by which the slow clients may raise the p99 of the good ones. */
const TIMES = 2;

/** A thousand slow clients hardly delay good ones. */
export const slowClients: Scenario = {
  name: "slow-clients",
  about: "1,000 clients send one byte per second: good ones hardly wait longer",
  async measure(tell, stop): Promise<Figure[]> {
    await using server = await shippedServer(stop);
    await using good = await PoliteClients.connect(
      server.address,
      GOOD_CLIENTS,
    );
    const p99 = async () => {
      // Connecting or closing a thousand clients is work, too.
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
      allOf("slow clients that stayed connected", present, SLOW_CLIENTS),
      atMost("good clients' p99 versus no slow clients", ratio, TIMES, "times"),
    ];
  },
};

/** What was measured beside slow clients. */
interface Beside {
  p99: number;
  /** How many slow clients were still connected at the end. */
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
