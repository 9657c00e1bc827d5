/**
 * The known faults: what goes wrong without one of the safeguards, and which
 * tests notice it. `deno task faults` tries them.
 *
 * Each is a file `tests/faults/NAME.patch`: some lines of text, lines `Fails:`
 * with a test's name, perhaps a line `Seed:`, and a patch of a few lines.
 *
 * @module
 */

import { counted } from "../lib/cli/escape.ts";
import { text } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/cli/terminal.ts";

/** The tests that every fault is tried with: those that no fault can make wait for ever. */
export const TESTS: readonly string[] = [
  "json",
  "line_writer",
  "lock",
  "lock_interleavings",
  "pickle_reader",
  "pickle_writer",
  "show",
  "simulation",
  "wire",
].map((name) => `tests/${name}_test.ts`);

/** The tests of the limits, one or two for each. */
const LIMIT_TESTS = ["tests/limits_test.ts"];

/** Milliseconds after which a run of the tests is given up. They take 20 s. */
const LONGEST = 180_000;
const ROOT = new URL("../", import.meta.url);
const FOLDER = new URL("tests/faults/", ROOT);

/** One fault. */
export interface Fault {
  /** Its name, as its file has it. */
  name: string;
  /** What goes wrong, in some sentences. */
  about: string;
  /** The names of the tests that fail by it. */
  fails: string[];
  /** A simulation's seed that shows it, where one does. */
  seed: number | undefined;
  /** The patch. */
  patch: string;
}

/** All faults, by name. */
export async function readFaults(): Promise<Fault[]> {
  const faults: Fault[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    const file = await Deno.readTextFile(new URL(name, FOLDER));
    faults.push(parseFault(name.replace(/\.patch$/, ""), file));
  }
  return faults.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Reads a fault's file. */
export function parseFault(name: string, file: string): Fault {
  const at = file.indexOf("--- a/");
  const head = file.slice(0, at).split("\n");
  const field = (key: string) =>
    head.filter((line) => line.startsWith(key))
      .map((line) => line.slice(key.length).trim());
  const about = head.filter((line) => !/^(Fails|Seed):/.test(line));
  const [seed] = field("Seed:");
  return {
    name,
    about: about.join("\n").trim(),
    fails: field("Fails:"),
    seed: seed === undefined ? undefined : Number(seed),
    patch: file.slice(at),
  };
}

/**
 * Applies a patch to a text.
 *
 * @throws {Error} If what it changes is not there, or there more than once.
 */
export function applyPatch(patch: string, before: string): string {
  let after = before;
  for (const hunk of patch.split(/^@@.*\n/m).slice(1)) {
    const lines = hunk.replace(/\n$/, "").split("\n");
    const side = (without: string) =>
      lines.filter((line) => !line.startsWith(without))
        .map((line) => line.slice(1) + "\n").join("");
    const [old, fresh] = [side("+"), side("-")];
    if (after.split(old).length !== 2) {
      throw new Error(`The patch does not fit: ${old}`);
    }
    after = after.replace(old, () => fresh);
  }
  return after;
}

/** Copies the project, without what is made of it, to a new folder. */
async function copyProject(): Promise<string> {
  const to = await Deno.makeTempDir({ prefix: "rollcall-" });
  const copy = async (folder: string) => {
    await Deno.mkdir(`${to}/${folder}`, { recursive: true });
    for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
      const path = folder + entry.name;
      if (entry.isDirectory) {
        if (/^(lib|tests|tools)/.test(path)) await copy(`${path}/`);
      } else if (/\.(ts|json|jsonl|lock|py)$/.test(path)) {
        await Deno.copyFile(new URL(path, ROOT), `${to}/${path}`);
      }
    }
  };
  await copy("");
  return to;
}

/** Puts a fault into a copy of the project. */
async function insert(fault: Fault, folder: string): Promise<void> {
  for (const part of fault.patch.split(/^(?=--- a\/)/m)) {
    const [, path] = part.match(/^--- a\/(.*)$/m)!;
    const before = await Deno.readTextFile(`${folder}/${path}`);
    await Deno.writeTextFile(`${folder}/${path}`, applyPatch(part, before));
  }
}

/** The tests that fail in a copy of the project, of `only` those whose name has this in it. */
async function runTests(
  folder: string,
  stop: AbortSignal,
  files: readonly string[],
  only = "",
): Promise<string[]> {
  const lines = await linesOf(folder, stop, [
    ...["test", "--no-check", "--no-prompt", "--reporter=tap"],
    ...["--allow-net=127.0.0.1", "--allow-read", "--allow-env"],
    ...(only ? [`--filter=${only}`] : []),
    ...files,
  ]);
  const failed = /^not ok \d+ - /;
  return lines.filter((line) => failed.test(line))
    .map((line) => line.replace(failed, "").replace(/ # .*$/, ""));
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
  const folder = await copyProject();
  try {
    await insert(fault, folder);
    const failed = limit === undefined
      ? await runTests(folder, stop, TESTS)
      : await runTests(folder, stop, LIMIT_TESTS, `Limit ${limit} `);
    if (fault.seed === undefined) return { failed, simulation: undefined };
    const [simulation] = await linesOf(folder, stop, [
      ...["run", "--no-check", "--no-prompt", "tools/simulate.ts"],
      ...["--from", `${fault.seed}`, "--seeds", "1"],
    ]);
    return { failed, simulation };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What Deno prints in a folder, given these arguments. */
async function linesOf(
  folder: string,
  stop: AbortSignal,
  args: string[],
): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: folder,
    stdin: "null",
    stderr: "null",
    env: { NO_COLOR: "1" },
    signal: AbortSignal.any([stop, AbortSignal.timeout(LONGEST)]),
  }).output();
  return new TextDecoder().decode(stdout).split("\n");
}

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
