/**
 * Differential testing: reads the same messages in two ways, which must agree.
 *
 * The pickle reader is compared with its general path alone, and the JSON reader
 * with `JSON.parse`: the messages with their types and the order of their keys, the
 * bytes that were taken, and the errors with their limits.
 *
 * @module
 */

import { integer } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print, report } from "../../lib/output.ts";
import {
  compareWithBuiltIn,
  type LineCounts,
  noLines,
} from "./differential/built_in.ts";
import { pickleInputs } from "./differential/inputs.ts";
import { lineInput } from "./differential/lines.ts";
import {
  compareWithMachine,
  noPickles,
  type PickleCounts,
} from "./differential/machine.ts";

/** How many seeds to run between two looks at Ctrl-C. */
const ROUND = 1000;
/** How many seeds there are between two progress reports. */
const NEWS = 100_000;

/** What was compared. */
export interface Compared {
  pickles: PickleCounts;
  lines: LineCounts;
}

/**
 * Compares the inputs of some seeds, and adds them to the counts.
 *
 * @throws {Error} If an input is read in two ways. The message has its seed.
 */
export function compareSeeds(
  from: number,
  to: number,
  { pickles, lines }: Compared,
): void {
  const inputs = [];
  for (let seed = from; seed < to; seed++) {
    try {
      compareWithBuiltIn(lineInput(seed), lines);
    } catch (error) {
      throw new Error(`--seed ${seed}, json: ${error}`);
    }
    for (const input of pickleInputs(seed)) inputs.push({ seed, input });
  }
  compareWithMachine(inputs, pickles);
}

/** Returns counts of 0. */
export function nothingCompared(): Compared {
  return { pickles: noPickles(), lines: noLines() };
}

interface DifferentialFlags {
  seeds: number;
  seed: number;
}

async function compare(
  { seeds, seed: first }: DifferentialFlags,
  stop: AbortSignal,
): Promise<number> {
  const compared = nothingCompared();
  const end = first + seeds;
  let seed = first;
  while (seed < end && !stop.aborted) {
    const next = Math.min(end, seed + ROUND);
    try {
      compareSeeds(seed, next, compared);
    } catch (error) {
      print([`FAILED with ${(error as Error).message}`]);
      return 1;
    }
    seed = next;
    if ((seed - first) % NEWS === 0) report(`${seed - first} seeds`);
    await new Promise((turn) => setTimeout(turn)); // lets Ctrl-C be handled
  }
  if (stop.aborted) report("Stopped before the end");
  const { pickles, lines } = compared;
  print([
    `Seeds ${first} to ${seed - 1}: no difference`,
    `${pickles.inputs} pickles: ${pickles.complete} complete, ` +
    `${pickles.incomplete} incomplete, ${pickles.refused} refused; of ` +
    `${pickles.messages} messages, the fast path read ${pickles.dicts}`,
    `${lines.lines} lines: ${lines.values} values, ${lines.overLimits} over a ` +
    `limit or not exact, ${lines.notJson} not JSON`,
  ]);
  return 0;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "differential",
    about: "Compares the readers with plainer ones, over random messages.",
    flags: {
      seeds: integer(
        "how many seeds to run: each makes a line of JSON, and a pickle or all its beginnings",
        1_000_000,
        1,
        1e9,
      ),
      seed: integer(
        "the first seed; the same seed gives the same inputs",
        1,
        0,
        1e9,
      ),
    },
    run: (flags: DifferentialFlags) => compare(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
