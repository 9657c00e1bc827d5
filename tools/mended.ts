/**
 * `deno task mended`: whether the fault in an exercise is mended, and whether
 * anything else broke.
 *
 * What the student wrote is judged by this project's own tests, so that a test
 * that was deleted or weakened in the exercise judges nothing.
 *
 * @module
 */

import { UsageError } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/cli/terminal.ts";
import { copyMended, failedAtFirst, tamperedWith } from "./faults/exercise.ts";
import { failingTests, LIMIT_TESTS, run, TESTS } from "./faults/trial.ts";

/** The tests over sockets, which a fault could make wait for ever. */
const OTHERS = [
  "cli",
  "client",
  "clienthandler",
  "demo",
  "in_flight",
  "server",
  "throws",
  "turn",
].map((name) => `tests/${name}_test.ts`);

/** What is wrong with a mended copy, as far as there is anything. */
async function judge(
  copy: string,
  atFirst: readonly string[],
  stop: AbortSignal,
): Promise<string[]> {
  report("Checking its types");
  const types = await run(copy, stop, ["check", "server.ts", "client.ts"]);
  if (!types.success) {
    return [
      "Not mended: it does not type-check.",
      ...types.stderr.slice(0, 12),
    ];
  }
  report("Running the tests, which takes a minute");
  // Those that cannot hang come first: while one of them fails, the others could.
  const quick = await failingTests(copy, stop, [...TESTS, ...LIMIT_TESTS]);
  const failing = quick.length > 0 ? quick : await failTwice(copy, stop);
  const still = failing.filter((test) => atFirst.includes(test));
  const fresh = failing.filter((test) => !atFirst.includes(test));
  return [
    ...titled("Not mended. Still fails:", still),
    ...titled(
      still.length > 0 ? "Also fails:" : "Mended, but something else broke:",
      fresh,
    ),
  ];
}

/** The tests over sockets that fail twice: on a busy machine one can come too late. */
async function failTwice(copy: string, stop: AbortSignal): Promise<string[]> {
  const first = await failingTests(copy, stop, OTHERS);
  if (first.length === 0) return [];
  const second = await failingTests(copy, stop, OTHERS);
  return first.filter((test) => second.includes(test));
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [title, ...lines.map((line) => `  ${line}`)] : [];
}

async function mended(folder: string, stop: AbortSignal): Promise<number> {
  const atFirst = await failedAtFirst(folder);
  const tampered = await tamperedWith(folder);
  const copy = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyMended(folder, copy);
    const wrong = await judge(copy, atFirst, stop);
    if (stop.aborted) throw new Failure("Stopped before the end");
    const passes = wrong.length === 0;
    print([
      ...(passes
        ? [`Mended: ${atFirst[0]} passes, and so do all others.`]
        : wrong),
      ...titled(
        passes
          ? "But what judges it must stay as it was. Put these back:"
          : "Nor does it help to change what judges it:",
        tampered,
      ),
    ]);
    return passes && tampered.length === 0 ? 0 : 1;
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  const folder = args[0]?.startsWith("-") ? undefined : args[0];
  return runProgram({
    use: "mended FOLDER",
    about:
      "Says whether an exercise is mended, and whether anything else broke.",
    flags: {},
    run: () => {
      if (folder !== undefined) return mended(folder.replace(/\/+$/, ""), stop);
      throw new UsageError(
        "Which folder? As in `deno task mended ../exercise`",
      );
    },
  }, folder === undefined ? args : args.slice(1));
}

if (import.meta.main) await exitWith(main);
