/**
 * `deno task faults`: which tests notice each of the known faults?
 *
 * @module
 */

import { counted } from "../lib/cli/escape.ts";
import { text } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/cli/terminal.ts";
import { readFaults } from "./faults/fault.ts";
import { tryFault } from "./faults/trial.ts";

interface FaultsFlags {
  name: string;
}

async function tryFaults(
  { name }: FaultsFlags,
  stop: AbortSignal,
): Promise<number> {
  const faults = (await readFaults()).filter((f) => !name || f.name === name);
  if (faults.length === 0) throw new Failure(`There is no fault ${name}`);
  let wrong = 0;
  for (const fault of faults) {
    report(fault.name);
    const { failed, simulation } = await tryFault(fault, stop);
    if (stop.aborted) throw new Failure("Stopped before the end");
    const missed = fault.fails.filter((test) => !failed.includes(test));
    const more = failed.filter((test) => !fault.fails.includes(test));
    if (missed.length + more.length > 0) wrong++;
    print([
      `${fault.name}: ${counted(failed.length, "test")} failed`,
      ...failed.map((test) => `  ${more.includes(test) ? "+" : " "} ${test}`),
      ...missed.map((test) => `  - ${test}`),
      ...(simulation ? [`    ${simulation}`] : []),
    ]);
  }
  return wrong === 0 ? 0 : 1;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "faults",
    about: "Tries the known faults: which tests notice each. " +
      "+ is one that its file does not name, - one that it does, and that passed.",
    flags: { name: text("this fault only", "") },
    run: (flags: FaultsFlags) => tryFaults(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
