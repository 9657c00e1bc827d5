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
import { pathToFileURL } from "node:url";
import { UsageError } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print, report } from "../../lib/output.ts";
import { counted, reason } from "../../lib/text.ts";
import {
  copyMended,
  faultOf,
  originalProject,
  tamperedWith,
} from "./faults/exercise.ts";
import type { Fault } from "./faults/fault.ts";
import {
  type Results,
  run,
  runDecidingTest,
  runTests,
} from "./faults/trial.ts";

/** A mended copy may differ in the lines that pages quote and patches change. */
const LEFT_OUT = "--ignore=tests/faults_test.ts,tests/pages_test.ts";

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
  const { passed, failed } = await runDecidingTest(copy, stop, fault);
  if (passed.length === 0) {
    // If the test did not run, its name is not known.
    return titled("Not mended. Still fails:", [failed[0] ?? `[${fault.test}]`]);
  }
  // These run first, because they seldom hang. If one of them fails, the other
  // tests may hang.
  report(
    "It passes. Running the tests that need no permission, about a minute",
  );
  const first = await runTests(copy, stop, [LEFT_OUT]);
  if (!isGood(first)) return broken(first);
  report("They pass. Running all tests, about a minute");
  const all = () => runTests(copy, stop, ["--allow-all", LEFT_OUT]);
  const second = await all();
  if (isGood(second)) return [];
  report(
    `${counted(second.failed.length, "test")} failed: ` +
      `${second.failed.join("; ") || "they did not end"}. On a busy machine ` +
      "that can be chance, so all run once more",
  );
  const third = await all();
  const both = second.failed.filter((test) => third.failed.includes(test));
  return both.length > 0 || !third.ended
    ? broken({ ...third, failed: both })
    : [];
}

function isGood({ failed, ended }: Results): boolean {
  return failed.length === 0 && ended;
}

function broken({ failed, ended }: Results): string[] {
  const hung = ended ? [] : ["the test run, which did not finish"];
  return titled("The test that failed passes now, but something else broke:", [
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
  return await original.main([folder], signals);
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
