/**
 * `deno task costliest`: searches for the messages that cost a server most.
 *
 * It repeats every sequence of one, two and three parts of a format to a message
 * of the longest length, and prints those that take most processor time, and those
 * that hold most memory while they are incomplete.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { choice, type Flags, integer } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print, report } from "../../lib/output.ts";
import { jsonLines } from "./costliest/json_parts.ts";
import { memoryOf } from "./costliest/memory.ts";
import type { Grammar } from "./costliest/parts.ts";
import { pickles, unfinishedPickles } from "./costliest/pickle_parts.ts";
import { type Cost, costliest, nameOf } from "./costliest/search.ts";
import { workOf } from "./costliest/work.ts";

/** What a search looks for. */
interface Search {
  grammars: readonly Grammar[];
  cost: Cost;
  /** Formats a cost. */
  show(cost: number): string;
}

const SEARCHES: Record<"work" | "memory", Search> = {
  work: {
    grammars: [pickles, jsonLines],
    cost: workOf,
    show: (ms) => `${ms.toFixed(1)} ms`,
  },
  memory: {
    grammars: [unfinishedPickles],
    cost: memoryOf,
    show: (factor) => `${factor.toFixed(2)} times what is counted`,
  },
};

interface CostliestFlags {
  of: Search;
  most: number;
}

const flags: Flags<CostliestFlags> = {
  of: {
    ...choice("what to search for", SEARCHES, SEARCHES.work),
    shown: "work",
  },
  most: integer("how many messages to print for each frame", 5, 1, 100),
};

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "costliest",
    about: "Searches for the messages that cost a server most.",
    flags,
    run: async ({ of: { grammars, cost, show }, most }: CostliestFlags) => {
      for (const grammar of grammars) {
        for (const frame of grammar.frames) {
          await delay(0); // lets Ctrl-C be noticed
          if (stop.aborted) return 1;
          report(`${grammar.format}, ${frame.name}`);
          const one = { ...grammar, frames: [frame] };
          for (const found of costliest(one, cost, most)) {
            print([`${show(found.cost)}  ${nameOf(found)}`]);
          }
        }
      }
      return 0;
    },
  }, args);
}

if (import.meta.main) await exitWith(main);
