/**
 * What pipelining is worth: requests per second by the depth of the pipeline.
 *
 * @module
 */

import { median } from "../../tools/stress/hold/statistics.ts";
import { chart } from "./chart.ts";
import type { Contender } from "./contenders.ts";
import { measure, type Plan, type Rate } from "./round.ts";
import { type Bench, each, type Section } from "./section.ts";
import { table } from "../../tools/terminal/table.ts";

const DEPTHS = [1, 16, 64, 256];
const ROUNDS = 3;

/** The tables below the ratios: title, field, factor, and decimals. */
const FIGURES: readonly [string, keyof Rate, number, number][] = [
  ["thousand requests per second", "throughput", 0.001, 0],
  ["server's µs per request", "cost", 1, 2],
  ["load's share of its core, %", "load", 100, 0],
  ["p99 of ms to a batch's last answer", "p99", 1, 2],
];

/** All measured rates of each contender, by depth. */
export class Throughput implements Section {
  readonly #contenders: readonly Contender[];
  readonly #depths: readonly number[];
  readonly #rates: ReadonlyMap<Contender, ReadonlyMap<number, Rate[]>>;

  /** Takes the rates of all rounds. Each round has those of each contender, in order. */
  constructor(
    contenders: readonly Contender[],
    depths: readonly number[],
    rounds: readonly Map<number, Rate>[],
  ) {
    this.#contenders = contenders;
    this.#depths = depths;
    this.#rates = new Map(contenders.map((contender, i) => {
      const own = rounds.filter((_, nth) => nth % contenders.length === i);
      const byDepth = depths.map((depth) =>
        [depth, own.map((round) => round.get(depth)!)] as const
      );
      return [contender, new Map(byDepth)];
    }));
  }

  /** Returns the median of a figure over the rounds. */
  middle(contender: Contender, depth: number, field: keyof Rate): number {
    const rates = this.#rates.get(contender)!.get(depth)!;
    return median(rates.map((rate) => rate[field]));
  }

  get figures(): unknown {
    return Object.fromEntries(
      [...this.#rates].map(([{ name }, it]) => [name, Object.fromEntries(it)]),
    );
  }

  get tables(): string[] {
    const yardstick = this.#contenders.find(({ name }) => name === "Redis") ??
      this.#contenders.find(({ speech }) => speech === "echo")!;
    const ratio = (it: Contender, depth: number) =>
      this.middle(it, depth, "throughput") /
      this.middle(yardstick, depth, "throughput");
    return [
      ...this.#table(
        `times ${yardstick.name}`,
        (it, depth) => ratio(it, depth).toFixed(2),
      ),
      ...FIGURES.flatMap(([title, field, factor, digits]) => [
        "",
        ...this.#table(
          title,
          (it, depth) =>
            (this.middle(it, depth, field) * factor).toFixed(digits),
        ),
      ]),
    ];
  }

  #table(title: string, show: (it: Contender, depth: number) => string) {
    return table(
      [title, ...this.#depths.map((depth) => `P = ${depth}`)],
      this.#contenders.map((it) => [
        it.name,
        ...this.#depths.map((depth) => show(it, depth)),
      ]),
    );
  }

  /** Returns the chart of throughput. */
  svg(caption: string): string {
    const lines = this.#contenders.map((it) => ({
      name: it.name,
      points: this.#depths.map((depth) =>
        [depth, this.middle(it, depth, "throughput")] as const
      ),
    }));
    return chart(lines, caption);
  }
}

/** Measures all contenders, one after the other, in several rounds. */
export async function throughput(bench: Bench): Promise<Throughput> {
  const { contenders, quick, pinned } = bench;
  const plan: Plan = quick
    ? { clients: 50, warmUp: 300, measured: 500, pinned }
    : { clients: 50, warmUp: 1000, measured: 2000, pinned };
  const depths = quick ? [1, 64] : DEPTHS;
  const rounds = await each(
    bench,
    "throughput",
    Array.from({ length: quick ? 1 : ROUNDS }, () => contenders).flat(),
    ({ name }) => name,
    (contender) => measure(contender, depths, plan),
  );
  return new Throughput(contenders, depths, rounds);
}
