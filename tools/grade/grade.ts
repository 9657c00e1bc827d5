/**
 * `deno task grade`: tells what a server or a client of the lab gets wrong, and
 * why. The program can be written in any language.
 *
 * @module
 */

import {
  choice,
  type Flags,
  integer,
  text,
  toggle,
  UsageError,
} from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { suggestion } from "../../lib/cli/suggestion.ts";
import { complain, print } from "../../lib/output.ts";
import { takesPort, wordsOf } from "./command.ts";
import { type Exam, examine, progressLine } from "./exam.ts";
import {
  type Check,
  type Level,
  readCauses,
  readChecks,
  type Side,
} from "./kit.ts";
import { gradeClass } from "./class/class.ts";
import { toJson } from "./json.ts";
import { junit as junitOf } from "./junit.ts";
import { NotStarted } from "./program.ts";
import { report } from "./report.ts";
import { hasPassed } from "./run.ts";
import type { Subject } from "./subject.ts";
import { pageWidth } from "../../lib/cli/page.ts";
import { ProgressLine } from "../terminal/progress_line.ts";

/** The lab's port. */
const PORT = 12_000;
/** How students start the programs of the lab. */
const COMMANDS = { server: "python3 server.py", client: "python3 client.py" };

/** The seed, unless the user gives one. */
const SEED = crypto.getRandomValues(new Uint32Array(1))[0];

/** The default folder of a program. */
const CWD = ".";

interface GradeFlags {
  spawn: string;
  cwd: string;
  connect: string;
  client: boolean;
  all: string;
  reports: string;
  commands: string;
  jobs: number;
  port: number;
  level: Level;
  only: string;
  list: boolean;
  seed: number;
  json: boolean;
  junit: string;
}

const flags: Flags<GradeFlags> = {
  spawn: text(
    "the command that starts the program; {port} stands for the port",
    "",
    "none; with --all, the lab's command",
  ),
  cwd: text("the program's folder; it runs in a copy", CWD, "this one"),
  connect: text(
    "the HOST:PORT of a running server, instead of --spawn",
    "",
    "none",
  ),
  client: toggle("grade a client; the grader acts as its server"),
  all: text(
    "a folder of submissions: folders, zip files, or an export of Moodle or Canvas",
    "",
    "none",
  ),
  reports: text(
    "with --all, the folder for a report of each submission; grades only what changed",
    "",
    "none",
  ),
  commands: text(
    "with --all, a CSV file with the columns submission and command",
    "",
    "none",
  ),
  jobs: integer(
    "with --all, how many submissions are graded at a time",
    navigator.hardwareConcurrency,
    1,
    100,
  ),
  port: integer("the port; 0 picks a free one, for {port}", PORT, 0, 65_535),
  level: choice(
    "the level that must be passed for exit code 0",
    { lab: "lab", pro: "pro" } as const,
    "lab",
  ),
  only: text("the checks to run, such as banner,greeting", "", "all"),
  list: toggle("list the checks and exit"),
  seed: integer(
    "repeat the values of the run with this seed",
    SEED,
    0,
    2 ** 32 - 1,
  ),
  json: toggle("print the report as JSON"),
  junit: text("also write the report to this file, as JUnit XML", "", "none"),
};

/**
 * Splits a command into words.
 *
 * @throws {UsageError} If the port is 0 and the command has no `{port}`.
 */
function commandOf(spawn: string, port: number): string[] {
  const words = wordsOf(spawn);
  if (port !== 0 || takesPort(words)) return words;
  throw new UsageError("With --port 0, --spawn needs {port} for the port");
}

/** Reads the HOST:PORT of a running server. @throws {UsageError} If it is malformed. */
function addressOf(text: string): { host: string; port: number } {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) {
    return { host, port: Number(port) };
  }
  throw new UsageError(
    `--connect takes HOST:PORT, such as 127.0.0.1:12000, and got "${text}"`,
  );
}

/** Returns the checks that `--only` names, or all. @throws {UsageError} If a check does not exist. */
function choose(checks: readonly Check[], only: string): readonly Check[] {
  if (!only) return checks;
  return only.split(",").map((name) => {
    const id = name.trim();
    const check = checks.find((check) => check.id === id);
    if (check) return check;
    const ids = checks.map(({ id }) => id);
    throw new UsageError(
      `There is no check ${id}.${suggestion(id, ids)} ` +
        `The checks are ${ids.join(", ")}`,
    );
  });
}

/** Runs all checks on one program, and shows on a terminal which. */
async function examineWithLine(subject: Subject, exam: Exam) {
  using line = new ProgressLine();
  return await examine(subject, exam, (now) => line.show(progressLine(now)));
}

/** Grades one program, and prints the report. */
async function gradeOne(
  subject: Subject,
  exam: Exam,
  { json, junit: file, level, only, seed }: GradeFlags,
): Promise<number> {
  if (file) await write(file, ""); // fails now, not after minutes
  const outcome = await examineWithLine(subject, exam);
  const { verdicts, note } = outcome;
  if (file) await write(file, junitOf(verdicts));
  if (json) {
    print([JSON.stringify(toJson(outcome, seed), null, 2)]);
  } else {
    const isColoured = Deno.stdout.isTerminal() && !Deno.noColor;
    if (note) print([note, ""]);
    print(report(verdicts, { width: pageWidth(), isColoured, seed }));
  }
  // With --only, all of the named checks count.
  return hasPassed(verdicts, only ? "pro" : level) ? 0 : 1;
}

async function write(file: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, text);
  } catch (error) {
    throw new Failure(`Cannot write ${file}: ${(error as Error).message}`);
  }
}

function list(checks: readonly Check[]): string[] {
  const longest = Math.max(...checks.map(({ id }) => id.length));
  return checks.map(({ id, title, level, weight }) =>
    `${level}  ${String(weight).padStart(2)}  ${id.padEnd(longest)}  ${title}`
  );
}

async function grade(values: GradeFlags, stop: AbortSignal): Promise<number> {
  const { spawn, cwd, connect, client, all, port, only, seed } = values;
  const { json, junit } = values;
  const side: Side = client ? "client" : "server";
  const checks = choose(readChecks(side), only);
  if (values.list) {
    print(list(checks));
    return 0;
  }
  const exam = { checks, causes: readCauses(), seed, stop };
  if (all) {
    if (connect || json || junit || cwd !== CWD) {
      throw new UsageError(
        "--all works with --spawn, but not with --connect, --cwd, --json or " +
          "--junit: --reports writes JSON and JUnit for each submission",
      );
    }
    const settings = {
      ...{ folder: all, reports: values.reports, commands: values.commands },
      command: commandOf(spawn || COMMANDS[side], port),
      ...{ side, port, jobs: values.jobs, level: values.level },
      isPart: only !== "",
      isSeedGiven: seed !== SEED,
    };
    return await gradeClass(settings, exam);
  }
  if (values.reports || values.commands) {
    throw new UsageError("--reports and --commands work only with --all");
  }
  if (!spawn === !connect) {
    throw new UsageError("Give either --spawn or --connect, see --help");
  }
  if (client && connect) {
    throw new UsageError(
      "--client needs --spawn: the client connects to the grader",
    );
  }
  const subject = connect
    ? addressOf(connect)
    : { command: commandOf(spawn, port), folder: cwd, port };
  return await gradeOne(subject, exam, values);
}

/** The command line. Returns the exit code: 3 if the program could not be started. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "grade",
    about: "Tells what a server or a client of the lab gets wrong, and why.",
    flags,
    run: async (values) => {
      try {
        return await grade(values, stop);
      } catch (error) {
        if (!(error instanceof NotStarted)) throw error;
        complain(error.message);
        return 3;
      }
    },
  }, args);
}

if (import.meta.main) await exitWith(main);
