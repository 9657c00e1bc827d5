/**
 * Two versions of this server, measured in pairs.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { report } from "../../lib/output.ts";
import { median } from "../../tools/stress/hold/statistics.ts";
import type { Contender } from "./contenders.ts";
import { measure, type Plan } from "./round.ts";

/** The first version divided by the second: 1 is equal. */
export interface Ratios {
  /** Requests per second. */
  throughput: number;
  /** Processor time of the server for each request. */
  cost: number;
}

/**
 * Measures two copies of the project in turns. The order changes from pair to
 * pair. Resolves to the median ratios at each depth.
 *
 * @throws {Failure} If it was stopped before the end.
 */
export async function comparePairs(
  contender: Contender,
  folders: readonly [string, string],
  depths: readonly number[],
  plan: Plan,
  pairs: number,
  stop: AbortSignal,
): Promise<Map<number, Ratios>> {
  const all = new Map<number, Ratios[]>(depths.map((depth) => [depth, []]));
  for (let pair = 1; pair <= pairs; pair++) {
    const turns = pair % 2 === 0 ? folders.toReversed() : folders;
    const measured = [];
    for (const folder of turns) {
      if (stop.aborted) throw new Failure("Stopped before the end");
      measured.push(await measure(contender, depths, plan, folder));
    }
    const [first, second] = pair % 2 === 0 ? measured.toReversed() : measured;
    for (const [depth, ratios] of all) {
      const [a, b] = [first.get(depth)!, second.get(depth)!];
      const throughput = a.throughput / b.throughput;
      ratios.push({ throughput, cost: a.cost / b.cost });
    }
    const costs = depths.map((depth) =>
      all.get(depth)!.at(-1)!.cost.toFixed(3)
    );
    report(`${contender.name}, pair ${pair} of ${pairs}: ${costs.join(" ")}`);
  }
  const medians = (ratios: readonly Ratios[]) => ({
    throughput: median(ratios.map(({ throughput }) => throughput)),
    cost: median(ratios.map(({ cost }) => cost)),
  });
  return new Map([...all].map(([depth, ratios]) => [depth, medians(ratios)]));
}
