/**
 * How long the answer to a single request takes.
 *
 * @module
 */

import { FIRST_LOAD, load, type Plan, type Rate, startWarm } from "./round.ts";
import { type Bench, each, type Section, single } from "./section.ts";
import { table } from "../../tools/terminal/table.ts";

/** Requests per second in the open loop. Each of the servers can answer as many. */
const RATE = 20_000;

/**
 * Measures 50 clients in a closed loop, which wait for their answers, and in an
 * open one.
 */
export async function latency(bench: Bench): Promise<Section> {
  const { quick, pinned } = bench;
  const plan: Plan = quick
    ? { clients: 50, warmUp: 300, measured: 500, pinned }
    : {
      clients: 50,
      firstLoad: FIRST_LOAD,
      warmUp: 1000,
      measured: 3000,
      pinned,
    };
  const contenders = single(bench);
  const rates = await each(
    bench,
    "latency",
    contenders,
    ({ name }) => name,
    async (contender) => {
      await using subject = await startWarm({ contender }, 1, plan);
      const closed = await load(subject, 1, plan);
      return { closed, open: await load(subject, 1, { ...plan, rate: RATE }) };
    },
  );
  const shown = ({ p50, p99, p999 }: Rate) =>
    [p50, p99, p999].map((ms) => ms.toFixed(2));
  const ranks = ["p50", "p99", "p99.9"];
  return {
    tables: [table(
      [
        `ms to an answer, P = 1`,
        ...ranks.map((rank) => `closed, ${rank}`),
        ...ranks.map((rank) => `${RATE / 1000},000/s, ${rank}`),
      ],
      contenders.map(({ name }, i) => [
        name,
        ...shown(rates[i].closed),
        ...shown(rates[i].open),
      ]),
    )],
    figures: Object.fromEntries(contenders.map((it, i) => [it.name, rates[i]])),
  };
}
