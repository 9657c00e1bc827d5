/**
 * The cost of more clients.
 *
 * @module
 */

import type { Contender } from "./contenders.ts";
import { load, type Rate } from "./round.ts";
import { type Bench, each, type Section } from "./section.ts";
import { Subject } from "./subject.ts";
import { table } from "../../tools/terminal/table.ts";

/** Requests that each client has in flight. */
const DEPTH = 16;
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
  const rates = await each(
    bench,
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
  const rows = (show: (rate: Rate) => string) =>
    contenders.map(({ name }, i) => [name, ...rates[i].map(show)]);
  const heads = counts.map((count) => count.toLocaleString("en"));
  return {
    tables: [
      ...table(
        [`thousand requests per second, P = ${DEPTH}, clients:`, ...heads],
        rows(({ throughput }) => (throughput / 1000).toFixed(0)),
      ),
      "",
      ...table(
        ["server's µs per request, clients:", ...heads],
        rows(({ cost }) => cost.toFixed(2)),
      ),
      "",
      ...table(
        ["p99 of ms to a batch's last answer, clients:", ...heads],
        rows(({ p99 }) => p99.toFixed(1)),
      ),
    ],
    figures: Object.fromEntries(contenders.map(({ name }, i) => [
      name,
      Object.fromEntries(counts.map((count, c) => [count, rates[i][c]])),
    ])),
  };
}
