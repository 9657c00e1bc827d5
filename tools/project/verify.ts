/**
 * `deno task verify`: runs the slow tests in `tests/verify/`, each file in a
 * process of its own. `deno task test` runs the others.
 *
 * @module
 */

import { counted } from "../../lib/text.ts";
import { UsageError } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { type StopSignals, whenAborted } from "../../lib/cli/signals.ts";
import { suggestion } from "../../lib/cli/suggestion.ts";
import { print } from "../../lib/output.ts";
import { linesOf } from "../processes/lines.ts";
import { detached, endGroup } from "../processes/process_group.ts";
import { ProgressLine } from "../terminal/progress_line.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDER = "tests/verify/";
/** The parts that take longest. They begin first, so that none of them is left at the end. */
const LONGEST = ["mended", "grader", "faults"];
/** Parts that measure. Each runs alone. */
const MEASURING = ["bench", "hold", "lab", "soak"];

/** How many tests there are, and how they ended. */
export class Count {
  /** How many tests there are; 0 until that is known. */
  total = 0;
  /** How many of them have ended. */
  done = 0;
  passed = 0;
  failed = 0;
  ignored = 0;

  /** Takes a line that `deno test` prints. */
  take(line: string): void {
    const [, total] = line.match(/^running (\d+) tests? from /) ?? [];
    const [, passed, failed, ignored] = line.match(
      /^(?:ok|FAILED) \| (\d+) passed.* \| (\d+) failed(?:.* \| (\d+) ignored)?/,
    ) ?? [];
    if (total) this.total = Number(total);
    else if (passed) {
      this.passed = Number(passed);
      this.failed = Number(failed);
      this.ignored = Number(ignored ?? 0);
    } else if (/^(?! {2}).*\b(ok|FAILED|ignored) \(.*\)$/.test(line)) {
      this.done++; // a step is indented by two spaces
    }
  }
}

/** One file of tests. */
class Part {
  readonly name: string;
  readonly count = new Count();
  #seconds = 0;
  /** What `deno test` printed. It is shown if a test fails. */
  #lines: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Runs its tests to their end. Calls `changed` whenever it prints a line. */
  async run(stop: AbortSignal, changed: () => void): Promise<void> {
    const began = performance.now();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["test", "--allow-all", `${FOLDER}${this.name}.ts`],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
      detached,
    }).spawn();
    whenAborted(stop, () => endGroup(child));
    const stderr = new Response(child.stderr).text();
    for await (const line of linesOf(child.stdout)) {
      this.#lines.push(line);
      this.count.take(line);
      changed();
    }
    const { success } = await child.status;
    endGroup(child); // what failed tests have left behind
    // A file that does not load has no tests: that counts as one failure.
    if (!success && this.count.failed === 0) {
      this.count.failed = 1;
      this.#lines.push(await stderr);
    }
    this.#seconds = Math.round((performance.now() - began) / 1000);
  }

  /** One line with the result, and what was printed of tests that failed. */
  get report(): string[] {
    const { passed, failed, ignored } = this.count;
    const counts = [`${passed} passed`, `${failed} failed`];
    if (ignored > 0) counts.push(`${ignored} ignored`);
    const line = `${this.name.padEnd(10)} ${counts.join(", ")}`;
    const result = `${line} (${this.#seconds} s)`;
    if (failed === 0) return [result];
    const errors = this.#lines.indexOf(" ERRORS ");
    return [result, ...this.#lines.slice(errors === -1 ? 0 : errors)];
  }
}

/** The parts of these names, or all. */
function partsOf(names: readonly string[]): Part[] {
  const all = [...Deno.readDirSync(new URL(FOLDER, ROOT))]
    .map(({ name }) => name.replace(/\.ts$/, "")).sort();
  for (const name of names) {
    if (all.includes(name)) continue;
    throw new UsageError(
      `There is no part ${name}.${suggestion(name, all)} ` +
        `The parts are ${all.join(", ")}`,
    );
  }
  return all.filter((name) => names.length === 0 || names.includes(name))
    .map((name) => new Part(name));
}

/** Returns the parts of these names, and the others. */
function split(
  parts: readonly Part[],
  names: readonly string[],
): [named: Part[], others: Part[]] {
  const isNamed = ({ name }: Part) => names.includes(name);
  return [parts.filter(isNamed), parts.filter((it) => !isNamed(it))];
}

async function verify(parts: Part[], stop: AbortSignal): Promise<number> {
  const began = performance.now();
  using line = new ProgressLine();
  const running = new Set<Part>();
  const over: Part[] = [];
  const show = () => {
    const states = [...running].map(({ name, count: { done, total } }) =>
      `${name} ${done}/${total}`
    );
    line.show(`${over.length} of ${parts.length} parts: ${states.join(", ")}`);
  };
  /** Runs parts, `atOnce` of them at the same time. */
  const runAll = async (some: readonly Part[], atOnce: number) => {
    const left = some.values();
    const work = async () => {
      for (const part of left) {
        if (stop.aborted) return;
        running.add(part);
        show();
        await part.run(stop, show);
        running.delete(part);
        over.push(part);
        if (!stop.aborted) print(part.report);
        show();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  };
  const [longest, others] = split(parts, LONGEST);
  const [measuring, usual] = split(others, MEASURING);
  // Parts often wait, so more run than there are processors.
  const atOnce = navigator.hardwareConcurrency + 2;
  await runAll([...longest, ...usual], atOnce);
  await runAll(measuring, 1);
  if (stop.aborted) throw new Failure("Stopped before the end");
  const sum = (key: "passed" | "failed" | "ignored") =>
    over.reduce((total, { count }) => total + count[key], 0);
  const seconds = Math.round((performance.now() - began) / 1000);
  print([
    `${counted(over.length, "part")}: ${sum("passed")} passed, ` +
    `${sum("failed")} failed, ${sum("ignored")} ignored (${seconds} s)`,
  ]);
  return sum("failed") === 0 ? 0 : 1;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "verify [PART...]",
    about: "Runs the slow tests: the parts of these names, or all.",
    flags: {},
    takesOperands: true,
    run: (_, names) => verify(partsOf(names), stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
