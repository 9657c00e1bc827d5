/**
 * `deno task simulate`: runs the shipped server and clients on a simulated network
 * and clock, so that every failure can be reproduced.
 *
 * @module
 */

import { integer } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print, report } from "../../lib/output.ts";
import { simulateSeed } from "./simulation/simulation.ts";

interface SimulateFlags {
  seeds: number;
  from: number;
  explain: number;
}

/** How many seeds there are between two progress reports. */
const NEWS = 10_000;

async function simulateSeeds(
  { seeds, from }: SimulateFlags,
  stop: AbortSignal,
): Promise<number> {
  const began = performance.now();
  let [seed, events, answers] = [from, 0, 0];
  for (; seed < from + seeds && !stop.aborted; seed++) {
    const outcome = await simulateSeed(seed);
    if (outcome.fault !== undefined) {
      print([
        `Seed ${seed} FAILED: ${outcome.fault}`,
        `deno task simulate --explain ${seed} prints the events that led to it`,
      ]);
      return 1;
    }
    events += outcome.events;
    answers += outcome.answers;
    if ((seed - from + 1) % NEWS === 0) report(`${seed - from + 1} seeds`);
  }
  if (stop.aborted) report("Stopped before the end");
  const seconds = Math.round((performance.now() - began) / 1000);
  print([
    `Seeds ${from} to ${seed - 1}: nothing wrong in ${events} events and ` +
    `${answers} answers, in ${seconds} s`,
  ]);
  return 0;
}

/** Prints the events of one simulation: when, who, what. */
async function explain(seed: number): Promise<number> {
  const lines: string[] = [];
  const outcome = await simulateSeed(seed, (at, who, what) => {
    lines.push(`${at}`.padStart(6) + ` ms  ${who.padEnd(35)}  ${what}`);
  });
  print(lines);
  const { fault, events, answers } = outcome;
  print([
    fault === undefined
      ? `Seed ${seed}: nothing wrong in ${events} events and ${answers} answers`
      : `Seed ${seed} FAILED: ${fault}`,
  ]);
  return fault === undefined ? 0 : 1;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "simulate",
    about:
      "Runs the shipped server and clients on a simulated network and clock.",
    flags: {
      seeds: integer("how many simulations to run", 2000, 1, 1e9),
      from: integer("the seed of the first simulation", 1, 1, 1e9),
      explain: integer("print the events of this seed's simulation", 0, 0, 1e9),
    },
    run: (flags: SimulateFlags) =>
      flags.explain > 0 ? explain(flags.explain) : simulateSeeds(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
