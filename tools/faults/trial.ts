/**
 * Trying a copy of the project: which of its tests fail?
 *
 * @module
 */

import { copyProject } from "./copy.ts";
import { type Fault, patchFolder } from "./fault.ts";

/** The tests that every fault is tried with: those that no fault can make wait for ever. */
export const TESTS: readonly string[] = [
  "json",
  "line_writer",
  "lock",
  "lock_interleavings",
  "pickle_dict",
  "pickle_reader",
  "pickle_writer",
  "scenario",
  "show",
  "simulation",
  "wire",
].map((name) => `tests/${name}_test.ts`);

/** The tests of the limits, one or two for each. */
export const LIMIT_TESTS: readonly string[] = ["tests/limits_test.ts"];

/** Milliseconds after which a run is given up. The longest takes 40 s. */
const LONGEST = 120_000;

/** How a run of Deno ended. */
export interface Ended {
  /** Whether it ended by itself, with 0. */
  success: boolean;
  /** The lines that it printed. */
  stdout: string[];
  /** The other lines. */
  stderr: string[];
}

/** Runs Deno in a folder. */
export async function run(
  folder: string,
  stop: AbortSignal,
  args: readonly string[],
): Promise<Ended> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: AbortSignal.any([stop, AbortSignal.timeout(LONGEST)]),
  }).output();
  const lines = (bytes: Uint8Array) =>
    new TextDecoder().decode(bytes).trimEnd().split("\n");
  return { success, stdout: lines(stdout), stderr: lines(stderr) };
}

/** What a run of tests says of each. */
export interface Results {
  /** The names of the tests that passed. */
  passed: string[];
  /** The names of those that failed. */
  failed: string[];
  /** Whether the run ended, and as its tests say. */
  ended: boolean;
}

/** Runs tests in a copy of the project, of `only` those whose name has this in it. */
export async function runTests(
  folder: string,
  stop: AbortSignal,
  files: readonly string[],
  only = "",
): Promise<Results> {
  const { success, stdout } = await run(folder, stop, [
    ...["test", "--no-check", "--no-prompt", "--parallel", "--reporter=tap"],
    ...["--allow-net=127.0.0.1", "--allow-sys=networkInterfaces"],
    ...["--allow-read", "--allow-write", "--allow-run", "--allow-env"],
    ...(only ? [`--filter=${only}`] : []),
    ...files,
  ]);
  const named = (result: RegExp) =>
    stdout.filter((line) => result.test(line))
      .map((line) => line.replace(result, ""))
      .map((line) => line.replace(/ # (?!SKIP).*$/, ""));
  const failed = named(/^not ok \d+ - /);
  const passed = named(/^ok \d+ - /);
  return { passed, failed, ended: success === (failed.length === 0) };
}

/** What a fault's trial shows. */
export interface Trial {
  /** The names of the tests that failed. */
  failed: string[];
  /** What its seed's simulation said, if it has a seed. */
  simulation: string | undefined;
}

/**
 * Puts a fault into a copy of the project, and runs the tests there: of a fault
 * that takes a limit away, those that are named after the limit.
 */
export async function tryFault(
  fault: Fault,
  stop = new AbortController().signal,
): Promise<Trial> {
  const limit = fault.name.match(/^limit-(.*)$/)?.[1];
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(folder);
    await patchFolder(fault.patch, folder);
    const { failed } = limit === undefined
      ? await runTests(folder, stop, TESTS)
      : await runTests(folder, stop, LIMIT_TESTS, `Limit ${limit} `);
    if (fault.seed === undefined) return { failed, simulation: undefined };
    const { stdout } = await run(folder, stop, [
      ...["run", "--no-check", "--no-prompt", "tools/simulate.ts"],
      ...["--from", `${fault.seed}`, "--seeds", "1"],
    ]);
    return { failed, simulation: stdout[0] };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
