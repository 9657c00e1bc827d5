/**
 * `deno task mended`: whether the fault in an exercise is mended, and whether
 * anything else broke.
 *
 * What the student wrote is judged by this project's own tests, so deleting or
 * weakening a test in the exercise has no effect.
 *
 * @module
 */

import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { complain, print, report } from "../../lib/output.ts";
import { counted, reason } from "../../lib/text.ts";
import { ProgressLine } from "../terminal/progress_line.ts";
import {
  copyMended,
  faultOf,
  originalProject,
  quoted,
  tamperedWith,
} from "./faults/exercise.ts";
import { type Fault, ROOT } from "./faults/fault.ts";
import {
  fileOfTest,
  type Results,
  run,
  runAlone,
  runDecidingTest,
  runTests,
} from "./faults/trial.ts";
import { faultsOfCopy } from "./faults/verdict.ts";

/**
 * The tests that are not run. A mended copy may differ in the lines that pages quote
 * and patches change. And no fault is about the rest, whose tests take long: databases,
 * the commands of a roster, the grader, the compiled programs, the board and the
 * examples.
 */
const LEFT_OUT = "--ignore=" + [
  ...["faults", "pages", "redis_store", "redis_command", "roster_command"],
  ...["grade*", "compile", "board*", "messages*", "store"],
].map((name) => `tests/${name}_test.ts`).join();

/** What is wrong with a mended copy, if anything is. */
async function judge(
  copy: string,
  fault: Fault,
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
  report(`Running the test [${fault.test}]`);
  const { passed, failed, errors } = await runDecidingTest(copy, stop, fault);
  const file = await fileOfTest(fault.test);
  if (passed.length === 0 && await isAtFault(copy, stop, failed, file)) {
    const lines = failed.flatMap((name) =>
      withError(name, errors, ERROR_LINES, copy)
    );
    const unseen = [
      // If the test did not run, its name is not known.
      `[${fault.test}]`,
      "  It does not run, or does not end. To see how, in the exercise's folder:",
      `  deno test -A ${file} --filter "[${fault.test}]"`,
    ];
    return titled(
      "Not mended. This test fails:",
      lines.length > 0 ? lines : unseen,
    );
  }
  report("The fault is mended: its test passes. You can stop here.");
  report(
    "Now whether anything else broke. The other tests take two minutes or " +
      "three; longer on a slow machine",
  );
  // Those without permissions run first, because they seldom hang. If one of them
  // fails, the others may hang.
  const first = await broken(
    copy,
    stop,
    [LEFT_OUT],
    (count) => `${counted(count, "test")}, without permissions`,
  );
  if (first.length > 0) return first;
  return await broken(
    copy,
    stop,
    ["--allow-all", "--filter=/\\(needs /", LEFT_OUT],
    (count) => `${counted(count, "test")}, with all permissions`,
  );
}

/** How many lines of an error are shown: of the test that decides, and of each other one. */
const ERROR_LINES = 20;
const OTHER_ERROR_LINES = 3;

/** Returns the name of a failed test, and the first lines of its error. */
function withError(
  name: string,
  errors: ReadonlyMap<string, string>,
  most: number,
  copy: string,
): string[] {
  const error = errors.get(name)?.replaceAll(`file://${copy}/`, "") ?? "";
  const lines = error.split("\n").filter((line) => line.trim() !== "");
  const shown = lines.length > most ? [...lines.slice(0, most), "..."] : lines;
  return [name, ...shown.map((line) => `  ${line}`)];
}

/** Whether a test that failed, or did not run, fails because of the copy. */
async function isAtFault(
  copy: string,
  stop: AbortSignal,
  failed: readonly string[],
  file: string,
): Promise<boolean> {
  if (failed.length === 0) return true; // it did not run: a change prevents it
  const result = await settled(copy, stop, { failed, files: [file] });
  return result.failed.length > 0 || !result.ended;
}

/** Decides which failed tests are the fault of the copy, whatever the load of the machine. */
function settled(
  copy: string,
  stop: AbortSignal,
  { failed, files }: { failed: readonly string[]; files: readonly string[] },
) {
  report(`Running ${counted(failed.length, "test")} alone`);
  return faultsOfCopy(
    failed,
    (names) => runAlone(copy, stop, names, files),
    (names) => runAlone(fileURLToPath(ROOT), stop, names, files),
  );
}

/**
 * Runs many tests in the copy, and says what else is broken. Meanwhile, it shows what
 * `progress` says of the number of tests that have run.
 */
async function broken(
  copy: string,
  stop: AbortSignal,
  args: readonly string[],
  progress: (count: number) => string,
): Promise<string[]> {
  const results = await runManyTests(copy, stop, args, progress);
  const { failed, errors, ended } = results.ended && results.failed.length > 0
    ? await settled(copy, stop, results)
    : results;
  const hung = ended ? [] : ["the test run, which did not finish"];
  const others = failed.toSorted().flatMap((name) =>
    withError(name, errors, OTHER_ERROR_LINES, copy)
  );
  return titled(
    "The test that failed passes now, but something else broke:",
    [...others, ...hung],
  );
}

/** Runs many tests, and shows on a terminal how many have run. */
async function runManyTests(
  copy: string,
  stop: AbortSignal,
  args: readonly string[],
  progress: (count: number) => string,
): Promise<Results> {
  using line = new ProgressLine();
  const show = (count: number) => line.show(progress(count));
  return await runTests(copy, stop, ["--parallel", ...args], show);
}

/** Returns the lines below a title; nothing if there are none. */
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
        ? [`Mended: the test [${fault.test}] passes, and so do the others.`]
        : wrong),
      ...titled(
        passes
          ? "But the tests and tools must not change. Restore these files:"
          : "Changes to the tests and tools do not count:",
        tampered,
      ),
    ]);
    return passes && tampered.length === 0 ? 0 : 1;
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

/** Lets the original project judge this exercise. */
async function askOriginal(
  project: string,
  folder: string,
  signals: StopSignals,
): Promise<number> {
  const judge = pathToFileURL(`${project}/tools/teach/mended.ts`).href;
  let original: { main: typeof main };
  try {
    original = await import(judge);
  } catch (error) {
    throw new Failure(
      `This folder is an exercise. The project that it was copied from ` +
        `judges it, but cannot be loaded from ${project}: ${reason(error)}. ` +
        "Run `deno task mended FOLDER` in the project",
    );
  }
  const code = await original.main([folder], signals);
  complain(`To go back to the project: cd ${quoted(project)}`);
  return code;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  signals: StopSignals,
): Promise<number> {
  return runProgram({
    use: "mended [FOLDER]",
    about:
      "Says whether an exercise is mended, and whether anything else broke. " +
      "In the exercise's own folder, it needs no FOLDER.",
    flags: {},
    takesOperands: true,
    run: async (_, [folder, ...more]) => {
      const project = await originalProject();
      if (more.length > 0 || (!project && folder === undefined)) {
        throw new UsageError(
          "Which folder? Give that of one exercise: deno task mended ../mend-me",
        );
      }
      return project
        ? await askOriginal(project, resolve(folder ?? "."), signals)
        : await mended(folder, signals.stop);
    },
  }, args);
}

if (import.meta.main) await exitWith(main);
