/**
 * Checks that the grader finds the known faults of
 * each known program, every time.
 *
 * @module
 */

import { type Flags, integer, text, toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { type StopSignals, whenAborted } from "../../lib/cli/signals.ts";
import { print } from "../../lib/output.ts";
import {
  type Cause,
  type Check,
  readCauses,
  readChecks,
  type Side,
} from "./kit.ts";
import { NotStarted } from "./program.ts";
import { ProgressLine } from "../terminal/progress_line.ts";
import { Run, type Verdict } from "./run.ts";
import { type Specimen, specimens } from "./specimens.ts";

/** A task of the verification: some checks on one program, once. */
interface Task {
  specimen: Specimen;
  checks: readonly Check[];
  /** Whether the task runs while all processors are kept busy. */
  isBusy: boolean;
}

interface VerifyFlags {
  rounds: number;
  deciding: number;
  brief: boolean;
  atOnce: number;
  only: string;
}

const flags: Flags<VerifyFlags> = {
  rounds: integer(
    "how many times all checks run on all programs",
    3,
    0,
    1000,
  ),
  deciding: integer(
    "how many more times each program's deciding check runs",
    50,
    0,
    1000,
  ),
  brief: toggle("run only each program's deciding check and two others, once"),
  atOnce: integer(
    "how many programs are graded at the same time",
    navigator.hardwareConcurrency,
    1,
    100,
  ),
  only: text("the programs whose names contain this", "", "all"),
};

type Checks = Readonly<Record<Side, readonly Check[]>>;

/** Returns the checks that a program must pass in spite of its fault. */
function unharmed({ fails, side }: Specimen, checks: Checks): Check[] {
  const harmed = new Set(Object.keys(fails));
  // In the kit, a check comes before those that need it.
  return checks[side].filter(({ id, needs, needsPassed }) => {
    const lacks = (need: string) =>
      need.replace("?", "").split("|").every((id) => harmed.has(id));
    if ([...needs, ...needsPassed].some(lacks)) harmed.add(id);
    return !harmed.has(id);
  });
}

/** Returns the deciding check of a program, if it has one. */
function deciding(
  { fails, passes, side }: Specimen,
  checks: Checks,
): Check[] {
  const [first] = [...Object.keys(fails), ...passes];
  return checks[side].filter(({ id }) => id === first);
}

/** Returns the deciding check, and the next two that must be passed. If it is known what a program passes, returns all known checks. */
function brief(specimen: Specimen, checks: Checks): Check[] {
  const { fails, passes, side } = specimen;
  if (passes.length > 0) {
    const known = [...Object.keys(fails), ...passes];
    return checks[side].filter(({ id }) => known.includes(id));
  }
  const all = checks[specimen.side];
  const decides = deciding(specimen, checks);
  const after = (check: Check) =>
    (all.indexOf(check) - all.indexOf(decides[0]) + all.length) % all.length;
  const others = unharmed(specimen, checks)
    .toSorted((a, b) => after(a) - after(b)).slice(0, 2);
  return [...decides, ...others];
}

/** Returns all tasks. The second half runs while all processors are busy. */
function plan(
  { rounds, deciding: times, ...flags }: VerifyFlags,
  all: readonly Specimen[],
  checks: Checks,
): Task[] {
  if (flags.brief) {
    return all.map((specimen) => ({
      specimen,
      checks: brief(specimen, checks),
      isBusy: false,
    }));
  }
  const repeat = (
    count: number,
    isBusy: boolean,
    make: (specimen: Specimen) => readonly Check[],
  ): Task[] =>
    Array.from(
      { length: count },
      () =>
        all.map((specimen) => ({ specimen, checks: make(specimen), isBusy })),
    )
      .flat();
  const half = (isBusy: boolean) => {
    const part = (count: number) =>
      isBusy ? Math.floor(count / 2) : Math.ceil(count / 2);
    return [
      ...repeat(part(rounds), isBusy, ({ side }) => checks[side]),
      ...repeat(part(times), isBusy, (specimen) => deciding(specimen, checks))
        .filter(({ specimen }) => Object.keys(specimen.fails).length > 0),
    ];
  };
  return [...half(false), ...half(true)];
}

/** Returns how the verdicts differ from the known faults, in words. */
function differences(
  { specimen: { fails, passes }, checks }: Task,
  verdicts: readonly Verdict[],
): string[] {
  const made = new Set(checks.map(({ id }) => id));
  const isKnown = ({ check, diagnosis }: Verdict) =>
    diagnosis?.cause === fails[check.id];
  const missed = Object.keys(fails).filter((id) =>
    made.has(id) && !verdicts.some((it) => it.check.id === id && it.diagnosis)
  );
  const lost = verdicts.filter(({ check, state }) =>
    passes.includes(check.id) && state === "blocked"
  );
  return [
    ...lost.map(({ check, by }) => `${check.id} was not run: ${by} failed`),
    ...missed.map((id) => `${id} did not fail, but ${fails[id]} was expected`),
    ...verdicts.filter((it) => it.diagnosis && !isKnown(it))
      .map(({ check, diagnosis }) =>
        `${check.id} failed by ${diagnosis!.cause}: ` +
        JSON.stringify(diagnosis)
      ),
  ];
}

/** Starts processes that keep all processors busy until they are ended. */
function keepBusy(): Deno.ChildProcess[] {
  return Array.from(
    { length: navigator.hardwareConcurrency },
    () =>
      new Deno.Command(Deno.execPath(), { args: ["eval", "for (;;);"] })
        .spawn(),
  );
}

async function verify(flags: VerifyFlags, stop: AbortSignal): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-verify-" });
  const busy: Deno.ChildProcess[] = [];
  try {
    return await verifyIn(folder, busy, flags, stop);
  } finally {
    for (const process of busy) process.kill("SIGKILL");
    await Deno.remove(folder, { recursive: true });
  }
}

async function verifyIn(
  folder: string,
  busy: Deno.ChildProcess[],
  flags: VerifyFlags,
  stop: AbortSignal,
): Promise<number> {
  const all = (await specimens(folder))
    .filter(({ name }) => name.includes(flags.only));
  const checks = {
    server: readChecks("server"),
    client: readChecks("client"),
  };
  const causes: ReadonlyMap<string, Cause> = readCauses();
  const tasks = plan(flags, all, checks);
  using line = new ProgressLine();
  let [done, made, wrong] = [0, 0, 0];
  const runs = new Set<Run>();
  const left = tasks.values();
  const work = async () => {
    for (const task of left) {
      if (stop.aborted) return;
      if (task.isBusy && busy.length === 0) busy.push(...keepBusy());
      const { name, ...subject } = task.specimen;
      const seed = crypto.getRandomValues(new Uint32Array(1))[0];
      const run = new Run({ ...subject, port: 0 }, seed, causes);
      runs.add(run);
      const found = await grade(run, task);
      if (stop.aborted) return; // programs that we ended prove nothing
      runs.delete(run);
      made += run.verdicts.length;
      done++;
      line.show(`${done} of ${tasks.length}: ${name}`);
      if (found.length > 0) wrong++;
      if (found.length > 0 || flags.brief) {
        const ids = task.checks.map(({ id }) => id).join(", ");
        print([
          `${found.length === 0 ? "as known" : "DIFFERS"}: ${name}: ${ids}`,
          ...found.map((it) => `  seed ${seed}: ${it}`),
        ]);
      }
    }
  };
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  whenAborted(stop, resolve);
  try {
    const workers = Array.from({ length: flags.atOnce }, work);
    await Promise.race([Promise.all(workers), stopped]);
  } finally {
    await Promise.all([...runs].map((run) => run.stop()));
  }
  if (stop.aborted) {
    throw new Failure(`Stopped after ${done} of ${tasks.length}`);
  }
  print([
    `${made} checks in ${tasks.length} runs on ${all.length} programs: ` +
    `${wrong} of the runs differ from the known faults`,
  ]);
  return wrong === 0 ? 0 : 1;
}

/** Runs the checks of a task. Resolves to how they differ from the known faults. */
async function grade(run: Run, task: Task): Promise<string[]> {
  try {
    for (const check of task.checks) await run.make(check);
    return differences(task, run.verdicts);
  } catch (error) {
    if (error instanceof NotStarted) return [error.message];
    throw error;
  }
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "tools/grade/verify.ts",
    about: "Grades programs with known faults, many times.",
    flags,
    run: (values) => verify(values, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
