/**
 * What does the hook cost that `deno task trace` listens to, when nobody
 * listens? Run by `deno run --allow-all bench/events.ts`; Linux, two cores.
 *
 * A server as it is, and one from a copy out of which every call of the hook was
 * cut, take turns under the same load, each on a core of its own: 50 clients,
 * each with 64 requests at a time. What counts is the ratio of each pair.
 *
 * @module
 */

import { type Flags, integer } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/output.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { ROLLCALL } from "./compare/contenders.ts";
import { measure, type Plan, type Rate } from "./compare/round.ts";
import { median } from "../tools/stress/hold/statistics.ts";

/** Calls of the hook: `accepted`, `read`, `full`, `queued`, `written`, `closed`. */
const CALLS = 6;
const DEPTH = 64;
const PLAN: Plan = { clients: 50, warmUp: 1000, measured: 3000, pinned: true };

/** Measures the server of a folder, by default of this one. */
async function rateOf(folder?: string): Promise<Rate> {
  return (await measure(ROLLCALL, [DEPTH], PLAN, folder)).get(DEPTH)!;
}

/** Cuts every call of the hook out of a copy. */
async function cutOut(copy: string): Promise<void> {
  let calls = 0;
  for (
    const path of [
      "server.ts",
      "clienthandler.ts",
      "lib/connection/connection.ts",
    ]
  ) {
    const text = await Deno.readTextFile(`${copy}/${path}`);
    const without = text.replaceAll(/^.*\bwatch\?\.\(.*\n/gm, () => {
      calls++;
      return "";
    });
    await Deno.writeTextFile(`${copy}/${path}`, without);
  }
  // Each stands alone in its line: were one not found, equals would be compared.
  if (calls !== CALLS) {
    throw new Failure(`${calls} calls of the hook were found`);
  }
}

interface WatchFlags {
  pairs: number;
}

const flags: Flags<WatchFlags> = {
  pairs: integer("how often each is measured", 15, 1, 1000),
};

async function compare(
  { pairs }: WatchFlags,
  stop: AbortSignal,
): Promise<number> {
  const copy = await Deno.makeTempDir({ prefix: "rollcall-" });
  const [throughputs, costs]: number[][] = [[], []];
  try {
    await copyProject(copy);
    await cutOut(copy);
    for (let pair = 1; pair <= pairs && !stop.aborted; pair++) {
      // Whoever is first in one pair is second in the next.
      const folders = pair % 2 === 0 ? [undefined, copy] : [copy, undefined];
      const rates = [await rateOf(folders[0]), await rateOf(folders[1])];
      const [withHook, without] = pair % 2 === 0 ? rates : rates.toReversed();
      throughputs.push(withHook.throughput / without.throughput);
      costs.push(withHook.cost / without.cost);
      const shown = Math.round(withHook.throughput).toLocaleString("en");
      report(
        `${pair} of ${pairs}: ${shown} requests a second, ` +
          `${throughputs.at(-1)!.toFixed(3)} of those without the hook`,
      );
    }
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  if (stop.aborted) throw new Failure("Stopped before the end");
  print([
    `With the hook and nobody listening, against without it, at depth ${DEPTH}:`,
    `throughput            ${
      median(throughputs).toFixed(3)
    } (median of ${pairs} pairs)`,
    `processor per request ${median(costs).toFixed(3)}`,
  ]);
  return 0;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "watch",
    about:
      "Measures what the hook of `deno task trace` costs while nobody listens.",
    flags,
    run: (flags: WatchFlags) => compare(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
