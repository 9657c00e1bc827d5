/**
 * Measures what the calls of `onEvent` cost when no listener is set. (`deno
 * task trace` sets one.) Run it with `deno run --allow-all bench/events.ts`.
 * It needs Linux and two cores.
 *
 * The unchanged server and a copy without the calls take turns under the same
 * load: 50 clients, each with 64 requests in flight. Server and load each have a
 * core of their own. The result is the median ratio of the pairs.
 *
 * @module
 */

import { type Flags, integer } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print } from "../lib/output.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { ROLLCALL } from "./compare/contenders.ts";
import { comparePairs } from "./compare/pairs.ts";
import type { Plan } from "./compare/round.ts";

/**
 * The number of calls: `accepted`, `read`, `full`, `queued`, `written`,
 * `closed`.
 */
const CALLS = 6;
const DEPTH = 64;
const PLAN: Plan = { clients: 50, warmUp: 1000, measured: 3000, pinned: true };

/** Removes every call from a copy. */
async function cutOut(copy: string): Promise<void> {
  let calls = 0;
  for (const path of ["server.ts", "lib/connection/connection.ts"]) {
    const text = await Deno.readTextFile(`${copy}/${path}`);
    const without = text.replaceAll(/^.*\bonEvent\?\.\(.*\n/gm, () => {
      calls++;
      return "";
    });
    await Deno.writeTextFile(`${copy}/${path}`, without);
  }
  // A call that is not on a line of its own would stay in the copy.
  if (calls !== CALLS) {
    throw new Failure(`Found ${calls} calls of onEvent, and not ${CALLS}`);
  }
}

interface EventsFlags {
  pairs: number;
}

const flags: Flags<EventsFlags> = {
  pairs: integer("how often to measure each server", 15, 1, 1000),
};

async function compare(
  { pairs }: EventsFlags,
  stop: AbortSignal,
): Promise<number> {
  const root = await Deno.makeTempDir({ prefix: "rollcall-" });
  const folders = [`${root}/with`, `${root}/without`] as const;
  try {
    for (const folder of folders) await copyProject(folder);
    await cutOut(folders[1]);
    const ratios = await comparePairs(
      ROLLCALL,
      folders,
      [DEPTH],
      PLAN,
      pairs,
      stop,
    );
    const { throughput, cost } = ratios.get(DEPTH)!;
    print([
      `With the calls / without them, at depth ${DEPTH}:`,
      `throughput            ${
        throughput.toFixed(3)
      } (median of ${pairs} pairs)`,
      `processor per request ${cost.toFixed(3)}`,
    ]);
    return 0;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Runs the command. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "events",
    about: "Measures what the calls of onEvent cost when no listener is set.",
    flags,
    run: (flags: EventsFlags) => compare(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
