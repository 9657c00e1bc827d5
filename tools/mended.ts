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
import { copyMended, faultOf, tamperedWith } from "./faults/exercise.ts";
import { type Fault, ROOT } from "./faults/fault.ts";
import {
  LIMIT_TESTS,
  type Results,
  run,
  runTests,
  TESTS,
} from "./faults/trial.ts";

/** Those that cannot hang. They come first: while one of them fails, the others could. */
const FIRST = [...TESTS, ...LIMIT_TESTS];
/** Tests that have nothing to do with what a student mends, or need what a copy has not. */
const NOT_RUN = [
  "bench",
  "docs",
  "exercises",
  "faults",
  "grade",
  "hold",
  "mended",
  "soak",
];

/** The tests over sockets. */
function socketTests(): string[] {
  return [...Deno.readDirSync(new URL("tests/", ROOT))]
    .map(({ name }) => `tests/${name}`)
    .filter((path) => path.endsWith("_test.ts") && !FIRST.includes(path))
    .filter((path) => !NOT_RUN.includes(path.slice(6, -8)))
    .sort();
}

/** What is wrong with a mended copy, as far as there is anything. */
async function judge(
  copy: string,
  { fails }: Fault,
  stop: AbortSignal,
): Promise<string[]> {
  report("Checking its types");
  const types = await run(copy, stop, ["check", "server.ts", "client.ts"]);
  if (!types.success) {
    const errors = types.stderr.join("\n").split("\n\nStack backtrace")[0];
    return [
      "Not mended: it does not type-check.",
      errors.replaceAll(`file://${copy}/`, ""),
    ];
  }
  report("Running the tests that need no network");
  const first = await runTests(copy, stop, FIRST);
  const stillFail = fails.filter((test) => !first.passed.includes(test));
  if (stillFail.length > 0) {
    const others = first.failed.filter((test) => !fails.includes(test));
    return [
      ...titled("Not mended. Still fails:", stillFail),
      ...titled("Fails too, perhaps by the same fault:", others.toSorted()),
      ...titled("The tests did not run to their end", first.ended ? [] : [""]),
    ];
  }
  if (first.failed.length > 0 || !first.ended) return broken(first);
  report("They pass. Running those over sockets, which takes a minute");
  const second = await runTests(copy, stop, socketTests());
  if (second.failed.length === 0 && second.ended) return [];
  report("Some fail. On a busy machine that can be chance: once more");
  const third = await runTests(copy, stop, socketTests());
  const failed = second.failed.filter((test) => third.failed.includes(test));
  return failed.length > 0 || !third.ended ? broken({ ...third, failed }) : [];
}

function broken({ failed, ended }: Results): string[] {
  const hung = ended ? [] : ["the tests, which did not run to their end"];
  return titled("What failed passes now, but something else broke:", [
    ...failed.toSorted(),
    ...hung,
  ]);
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [title, ...lines.map((line) => `  ${line}`)] : [];
}

async function mended(folder: string, stop: AbortSignal): Promise<number> {
  const fault = await faultOf(folder);
  const tampered = await tamperedWith(folder);
  const copy = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyMended(folder, copy);
    const wrong = await judge(copy, fault, stop);
    if (stop.aborted) throw new Failure("Stopped before the end");
    const passes = wrong.length === 0;
    print([
      ...(passes
        ? [`Mended: ${fault.fails[0]} passes, and so do the others.`]
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
  const isFlag = (arg: string) => arg.startsWith("-");
  const [folder, ...more] = args.filter((arg) => !isFlag(arg));
  return runProgram({
    use: "mended FOLDER",
    about:
      "Says whether an exercise is mended, and whether anything else broke.",
    flags: {},
    run: () => {
      if (folder !== undefined && more.length === 0) {
        return mended(folder, stop);
      }
      throw new UsageError(
        "Which folder? One, as in `deno task mended ../mend-me`",
      );
    },
  }, args.filter(isFlag));
}

if (import.meta.main) await exitWith(main);
