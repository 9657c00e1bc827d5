/**
 * The cost of more clients.
 *
 * @module
 */

import type { Contender } from "./contenders.ts";
import { load, type Rate } from "./round.ts";
import { type Bench, rounds, type Section } from "./section.ts";
import { Subject } from "./subject.ts";
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
  const times = quick
    ? { warmUp: 300, measured: 500 }
    : { warmUp: 1500, measured: 2000 };
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
      const all: Rate[] = [];
      for (const clients of counts) {
        await using subject = await Subject.start(contender, pinned);
        all.push(await load(subject, DEPTH, { ...times, clients, pinned }));
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
