/**
 * The cost of more clients.
 *
 * @module
 */

import type { Contender } from "./contenders.ts";
import { FIRST_LOAD, load, type Rate, startWarm } from "./round.ts";
import { type Bench, rounds, type Section } from "./section.ts";
import { type Figure, figuresOf, tableOf } from "./tables.ts";
import { COST, P99, THOUSANDS } from "./throughput.ts";

/** Requests that each client has in flight. */
const DEPTH = 16;
const FIGURES: readonly Figure<Rate>[] = [COST, THOUSANDS, P99];
const ROUNDS = 3;
const COMPARED = ["Rollcall", "Redis", "bare echo, Deno"];

/** Measures loads of ten to ten thousand clients. */
export async function crowds(bench: Bench): Promise<Section> {
  const { quick, pinned } = bench;
  const counts = quick ? [10, 1000] : [10, 100, 1000, 10_000];
  const plan = quick
    ? { clients: counts[0], warmUp: 300, measured: 500, pinned }
    : {
      clients: counts[0],
      firstLoad: FIRST_LOAD,
      warmUp: 1000,
      measured: 2000,
      pinned,
    };
  const contenders = bench.contenders.filter(({ name }) =>
    COMPARED.includes(name)
  );
  const rates = await rounds(
    bench,
    quick ? 1 : ROUNDS,
    "clients",
    contenders,
    ({ name }) => name,
    async (contender: Contender) => {
      await using subject = await startWarm({ contender }, DEPTH, plan);
      const all: Rate[] = [];
      for (const clients of counts) {
        all.push(await load(subject, DEPTH, { ...plan, clients }));
      }
      return all;
    },
  );
  const measured = {
    columns: counts.map((count) => count.toLocaleString("en")),
    rows: contenders.map(({ name }, i) => ({
      name,
      cells: counts.map((_, column) => rates[i].map((all) => all[column])),
    })),
  };
  return {
    tables: FIGURES.map((figure) =>
      tableOf(measured, {
        ...figure,
        title: `${figure.title}, P = ${DEPTH}, clients:`,
      })
    ),
    figures: figuresOf(measured),
  };
}
