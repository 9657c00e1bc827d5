/**
 * Trying a copy of the project: which of its tests fail?
 *
 * @module
 */

import { whenAborted } from "../../../lib/cli/signals.ts";
import { detached, endGroup } from "../../processes/process_group.ts";
import { SCENARIOS } from "../scenario/scenarios.ts";
import { copyProject } from "./copy.ts";
import { type Fault, ROOT } from "./fault.ts";
import { patchFolder } from "./patch.ts";
import { isResult, readTap, type TapResults } from "./tap.ts";

/**
 * Milliseconds that a run may print nothing: a fault can make a test wait for ever.
 * The length of the whole run is not limited, since a busy machine takes longer.
 */
const LONGEST_SILENCE = 600_000;
/** How many seeds of the simulation to try. */
const SEEDS = 500;

/** How a run of Deno ended. */
export interface Ended {
  /** Whether it ended by itself, with 0. */
  success: boolean;
  /** The lines that it printed. */
  stdout: string[];
  /** The lines that it printed on stderr. */
  stderr: string[];
}

/** Runs Deno in a folder. Calls `onLine` for each line that it prints on stdout. */
export async function run(
  folder: string,
  stop: AbortSignal,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<Ended> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // As many files of tests at a time as `deno task test` runs.
    env: { NO_COLOR: "1", DENO_JOBS: "3" },
    detached,
  }).spawn();
  whenAborted(stop, () => endGroup(child));
  const silence = () => setTimeout(() => endGroup(child), LONGEST_SILENCE);
  let timer = silence();
  const lines = async (
    stream: ReadableStream<Uint8Array>,
    onLine = (_line: string) => {},
  ) => {
    const all: string[] = [];
    let rest = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      const whole = (rest + piece).split("\n");
      rest = whole.pop()!;
      whole.forEach(onLine);
      all.push(...whole);
      clearTimeout(timer);
      timer = silence();
    }
    return [...all, rest].join("\n").trimEnd().split("\n");
  };
  const [{ success }, stdout, stderr] = await Promise.all([
    child.status,
    lines(child.stdout, onLine),
    lines(child.stderr),
  ]);
  clearTimeout(timer);
  return { success, stdout, stderr };
}

/** The results of a test run. */
export interface Results extends TapResults {
  /**
   * Whether the run finished: its exit code agrees with the results of its
   * tests.
   */
  ended: boolean;
}

/**
 * Runs tests in a copy of the project, with further arguments for `deno test`. Calls
 * `onCount` with the number of tests that have a result until now, or were skipped.
 */
export async function runTests(
  folder: string,
  stop: AbortSignal,
  args: readonly string[],
  onCount: (count: number) => void = () => {},
): Promise<Results> {
  let count = 0;
  const { success, stdout } = await run(
    folder,
    stop,
    ["test", "--no-check", "--no-prompt", "--reporter=tap", ...args],
    (line) => isResult(line) && onCount(++count),
  );
  const results = readTap(stdout);
  return { ...results, ended: success === (results.failed.length === 0) };
}

/** Runs the tests with these names, one at a time. To find them in the files that have them is faster than in all. */
export function runAlone(
  folder: string,
  stop: AbortSignal,
  names: readonly string[],
  files: readonly string[] = [],
): Promise<Results> {
  const exact = names.map((name) =>
    name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  );
  const filter = `--filter=/^(${exact.join("|")})$/`;
  return runTests(folder, stop, ["--allow-all", filter, ...files]);
}

/** Runs the one test that decides about a fault. */
export async function runDecidingTest(
  folder: string,
  stop: AbortSignal,
  { test }: Fault,
): Promise<Results> {
  const file = await fileOfTest(test);
  return runTests(folder, stop, ["--allow-all", `--filter=[${test}]`, file]);
}

/**
 * The file of the test that has an id in its name.
 *
 * @throws {Error} If there is none, or more than one.
 */
export async function fileOfTest(id: string): Promise<string> {
  // The names of the scenarios' tests are made of the scenarios' names.
  const isScenario = SCENARIOS.some(({ name }) => name === id);
  const text = isScenario ? "[${name}]" : `[${id}]`;
  const found: string[] = [];
  for await (const { name } of Deno.readDir(new URL("tests/", ROOT))) {
    if (!name.endsWith("_test.ts")) continue;
    const file = await Deno.readTextFile(new URL(`tests/${name}`, ROOT));
    if (file.includes(text)) found.push(`tests/${name}`);
  }
  if (found.length === 1) return found[0];
  throw new Error(`${found.length} files have a test [${id}], instead of one`);
}

/** What a fault's trial shows. */
export interface Trial {
  /** The results of the test that decides. */
  results: Results;
  /** Whether the simulation finds the fault, if it should. */
  isFound: boolean;
}

/**
 * Applies a fault to a copy of the project, and runs its deciding test there.
 * Also runs the simulation, if that should find the fault.
 */
export async function tryFault(fault: Fault): Promise<Trial> {
  const never = new AbortController().signal;
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(folder);
    await patchFolder(fault.patch, folder);
    const results = await runDecidingTest(folder, never, fault);
    const isFound = fault.isSimulated && await isFoundIn(folder, never);
    return { results, isFound };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Whether one of the first seeds makes the simulation fail in a copy of the
 * project.
 */
async function isFoundIn(folder: string, stop: AbortSignal): Promise<boolean> {
  const { stdout } = await run(folder, stop, [
    ...["run", "--no-check", "--no-prompt", "tools/stress/simulate.ts"],
    ...["--seeds", `${SEEDS}`],
  ]);
  return /^Seed \d+ FAILED/.test(stdout[0]);
}
