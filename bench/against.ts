/**
 * Compares the speed of this version with that of another commit. Run it with
 * `deno run --allow-all bench/against.ts --commit COMMIT`. It needs Linux, two
 * cores, and a git checkout.
 *
 * The servers of both versions take turns under the same load. Server and load
 * each have a core of their own. The result is the median ratio of the pairs.
 *
 * @module
 */

import { type Flags, integer, text, UsageError } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print } from "../lib/output.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { table } from "../tools/terminal/table.ts";
import { CONTENDERS } from "./compare/contenders.ts";
import { comparePairs } from "./compare/pairs.ts";
import type { Plan } from "./compare/round.ts";

/** The servers under the uniform load and under the mixed one. */
const NAMES = ["Rollcall", "Rollcall, mixed"];
const DEPTHS = [1, 16, 64];
const PLAN: Plan = { clients: 50, warmUp: 500, measured: 1000, pinned: true };

interface AgainstFlags {
  commit: string;
  pairs: number;
}

const flags: Flags<AgainstFlags> = {
  commit: text("the commit to compare with, as git names it", "", "none"),
  pairs: integer("how often to measure each version", 15, 1, 1000),
};

/** Extracts the files of a commit into a folder. */
async function checkOut(commit: string, folder: string): Promise<void> {
  const archive = `git archive "$0" | tar --extract --directory "$1"`;
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", archive, commit, folder],
    cwd: new URL("../", import.meta.url),
  }).output();
  const said = new TextDecoder().decode(stderr).trim();
  if (!success || said) throw new Failure(`git has no ${commit}: ${said}`);
}

async function compare(
  { commit, pairs }: AgainstFlags,
  stop: AbortSignal,
): Promise<number> {
  if (!commit) throw new UsageError("--commit takes a commit, and got nothing");
  const root = await Deno.makeTempDir({ prefix: "rollcall-" });
  const [now, before] = [`${root}/now`, `${root}/before`];
  try {
    await Deno.mkdir(before);
    await checkOut(commit, before);
    await copyProject(now);
    const rows: string[][] = [];
    for (const contender of CONTENDERS) {
      if (!NAMES.includes(contender.name)) continue;
      const ratios = await comparePairs(
        contender,
        [now, before],
        DEPTHS,
        PLAN,
        pairs,
        stop,
      );
      for (const [depth, { throughput, cost }] of ratios) {
        const figures = [cost.toFixed(3), throughput.toFixed(3)];
        rows.push([`${contender.name}, P = ${depth}`, ...figures]);
      }
    }
    const heads = ["processor time per request", "throughput"];
    print(table([`now / ${commit}, median of ${pairs}`, ...heads], rows));
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
    use: "against",
    about: "Compares the speed of this version with that of another commit.",
    flags,
    run: (flags: AgainstFlags) => compare(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
