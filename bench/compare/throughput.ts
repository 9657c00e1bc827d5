/**
 * What pipelining is worth: processor time and requests per second by the depth
 * of the pipeline.
 *
 * @module
 */

import { chart } from "./chart.ts";
import type { Contender } from "./contenders.ts";
import {
  FIRST_LOAD,
  measure,
  type Plan,
  type Rate,
  type Speed,
} from "./round.ts";
import { type Bench, each, type Section } from "./section.ts";
import {
  type Figure,
  figuresOf,
  type Measured,
  medians,
  tableOf,
  timesTable,
} from "./tables.ts";

const ROUNDS = 5;

/** The server's processor time for a request. */
export const COST: Figure<Speed> = {
  title: "server's µs per request",
  digits: 2,
  of: ({ cost }) => cost,
};

/** The requests that were answered in a second. */
export const THOUSANDS: Figure<Speed> = {
  title: "thousand requests per second",
  digits: 0,
  of: ({ throughput }) => throughput / 1000,
};

/** The time until all answers to a batch were there. */
export const P99: Figure<Rate> = {
  title: "p99 of ms to a batch's last answer",
  digits: 2,
  of: ({ p99 }) => p99,
};

/** Where it is 100, the load is the bottleneck, and the rates say little. */
const LOAD: Figure<Rate> = {
  title: "load's share of its core, %",
  digits: 0,
  of: ({ load }) => load * 100,
};

/** Processor time is first: rates depend on the load, too. */
const FIGURES: readonly Figure<Rate>[] = [COST, THOUSANDS, LOAD, P99];

/** Returns the depths of the pipeline that are measured. */
export function depthsOf({ quick }: Pick<Bench, "quick">): number[] {
  return quick ? [1, 64] : [1, 16, 64, 256];
}

/** Returns the heads of the columns of these depths. */
export function heads(depths: readonly number[]): string[] {
  return depths.map((depth) => `P = ${depth}`);
}

/** All measured rates of each contender, by depth. */
export class Throughput implements Section {
  /** The rates, with a column for each depth. */
  readonly measured: Measured<Rate>;
  readonly #contenders: readonly Contender[];
  readonly #depths: readonly number[];

  /** Takes the rates of all rounds of each contender. */
  constructor(
    contenders: readonly Contender[],
    depths: readonly number[],
    rates: readonly (readonly Map<number, Rate>[])[],
  ) {
    this.#depths = depths;
    this.#contenders = contenders;
    this.measured = {
      columns: heads(depths),
      rows: contenders.map(({ name }, i) => ({
        name,
        cells: depths.map((depth) =>
          rates[i].map((round) => round.get(depth)!)
        ),
      })),
    };
  }

  get figures(): unknown {
    return figuresOf(this.measured);
  }

  get tables(): string[][] {
    const yardstick = this.#contenders.find(({ name }) => name === "Redis") ??
      this.#contenders.find(({ speech }) => speech === "echo")!;
    return [
      timesTable(this.measured, yardstick.name, COST),
      ...FIGURES.map((figure) => tableOf(this.measured, figure)),
    ];
  }

  /** Returns the chart of throughput. */
  svg(caption: string): string {
    const lines = this.measured.rows.map((row) => {
      const rates = medians(row, { of: ({ throughput }) => throughput });
      return {
        name: row.name,
        points: this.#depths.map((depth, i) => [depth, rates[i]] as const),
      };
    });
    return chart(lines, caption);
  }
}

/** Measures all contenders in turns, in several rounds. */
export async function throughput(bench: Bench): Promise<Throughput> {
  const { contenders, quick, pinned } = bench;
  const plan: Plan = quick
    ? { clients: 50, warmUp: 100, measured: 300, pinned }
    : {
      clients: 50,
      firstLoad: FIRST_LOAD,
      warmUp: 500,
      measured: 1000,
      pinned,
    };
  const depths = depthsOf(bench);
  const count = quick ? 1 : ROUNDS;
  const servers = contenders.map((contender) => ({ contender }));
  const rounds = await each(
    bench,
    "throughput",
    Array.from({ length: count }, (_, i) => i + 1),
    (nth) => `round ${nth} of ${count}`,
    () => measure(servers, depths, plan),
  );
  const rates = contenders.map((_, i) => rounds.map((round) => round[i]));
  return new Throughput(contenders, depths, rates);
}
