/**
 * Grading a class: all submissions in a folder, several at a time.
 *
 * @module
 */

import config from "../../../deno.json" with { type: "json" };
import { UsageError } from "../../../lib/cli/flags.ts";
import { pageWidth } from "../../../lib/cli/page.ts";
import { Failure } from "../../../lib/cli/program.ts";
import { complain, print } from "../../../lib/output.ts";
import { escape } from "../../../lib/text.ts";
import { removeAll } from "../../files/remove_all.ts";
import type { Exam } from "../exam.ts";
import type { Level, Side } from "../kit.ts";
import { isolation } from "../namespace.ts";
import { hasPassed } from "../run.ts";
import { readCommands } from "./commands.ts";
import { Lanes, type Task } from "./lanes.ts";
import { checkReplaceable, replaceFile, Reports } from "./reports.ts";
import type { Graded, Submission } from "./submission.ts";
import { submissionsIn } from "./submissions.ts";
import { csvOf, summaryOf, tableOf } from "./table.ts";

/** The names of the table and of the summary: with all checks, and with some. */
const TABLES = ["grades.csv", "grades-only.csv"];
const SUMMARIES = ["summary.txt", "summary-only.txt"];

/** How many programs must have a fault that is printed. The summary in the folder of reports has all. */
const SHARED = 2;

/** What the command line says about a class. */
export interface ClassSettings {
  /** The folder of submissions. */
  folder: string;
  /** The folder for the reports. Empty for none. */
  reports: string;
  /** A CSV file with a command for each submission. Empty for none. */
  commands: string;
  /** The command of all other submissions. */
  command: readonly string[];
  side: Side;
  port: number;
  /** How many submissions are graded at a time. */
  jobs: number;
  level: Level;
  /** Whether only some of the checks are made. */
  isPart: boolean;
  /** Whether the user chose the seed. */
  isSeedGiven: boolean;
}

/** Grades each submission in a folder, and writes the results. Returns the exit code. */
export async function gradeClass(
  settings: ClassSettings,
  exam: Exam,
): Promise<number> {
  const temporary = await Deno.makeTempDir({ prefix: "rollcall-class-" });
  try {
    return await gradeWith(settings, exam, temporary);
  } finally {
    await removeAll(temporary);
  }
}

async function gradeWith(
  settings: ClassSettings,
  exam: Exam,
  temporary: string,
): Promise<number> {
  const { folder, level, isPart } = settings;
  if (settings.reports) await makeFolder(settings.reports);
  const { submissions, others } = await submissionsIn(
    folder,
    { files: TABLES, folder: await innerReports(settings) },
    `${temporary}/links`,
  );
  const to = settings.reports || folder;
  const table = `${to}/${TABLES[isPart ? 1 : 0]}`;
  const summary = `${to}/${SUMMARIES[isPart ? 1 : 0]}`;
  // They fail now, not after minutes.
  await checkReplaceable(table);
  if (settings.reports) await checkReplaceable(summary);
  const reports = settings.reports
    ? new Reports(settings.reports, exam.checks, isPart)
    : undefined;
  if (others.length > 0) {
    complain(
      "Left out, because only folders and archives are submissions: " +
        others.map(escape).join(", "),
    );
  }
  const tasks = await tasksOf(submissions, settings, reports, temporary);
  const seed = settings.isSeedGiven
    ? exam.seed
    : tasks.find(({ stored }) => stored)?.stored?.seed ?? exam.seed;
  // What the table says of submissions that are not graded yet.
  const all = tasks.map(({ submission: { name }, stored }): Graded =>
    (stored && reports!.gradedOf(stored)) ??
      { name, verdicts: [], note: "", why: "it was not yet its turn" }
  );
  const identity = JSON.stringify([
    config.version,
    exam.checks,
    [...exam.causes],
  ]);
  using lanes = new Lanes(tasks, {
    exam: { ...exam, seed },
    ...{ reports, identity, port: settings.port, jobs: settings.jobs },
    isolation: await isolation(),
  }, (graded, i) => all[i] = graded);
  await lanes.run();
  // Without reports, a table of all would be replaced by one of a few.
  const isWhole = !exam.stop.aborted || reports;
  if (isWhole && lanes.done > 0) await replaceFile(table, csvOf(all, level));
  if (exam.stop.aborted) {
    throw new Failure(
      `Stopped with ${lanes.done} of ${submissions.length} graded: ` +
        (reports
          ? "the same command continues there"
          : "only with --reports are they kept"),
    );
  }
  const width = pageWidth();
  if (reports) {
    const whole = summaryOf(all, exam.causes, { width });
    await replaceFile(summary, whole.join("\n") + "\n");
  }
  const faults = summaryOf(all, exam.causes, { width, least: SHARED });
  print([...tableOf(all, width), "", ...faults]);
  print([`Repeat these values with --seed ${seed}`]);
  complain(`Written to ${reports ? `${to}, with ${table}` : table}`);
  const passed = all.every(({ verdicts, why }) =>
    why === undefined && hasPassed(verdicts, isPart ? "pro" : level)
  );
  return passed && lanes.isWritten ? 0 : 1;
}

/** Returns what is to be done for each submission. */
async function tasksOf(
  submissions: readonly Submission[],
  { commands: file, command, side }: ClassSettings,
  reports: Reports | undefined,
  temporary: string,
): Promise<Task[]> {
  const commands = file ? await readCommands(file, submissions) : [];
  return await Promise.all(submissions.map(async (submission, i) => ({
    submission,
    how: {
      command: commands[i] ?? command,
      isFixed: commands[i] !== undefined,
      side,
    },
    stored: await reports?.read(submission.name),
    temporary: `${temporary}/${i}`,
  })));
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw new UsageError(
      `--reports takes a folder: cannot make ${folder}: ${
        (error as Error).message
      }`,
    );
  }
}

/** Returns the name of the folder of reports, if it is in the folder of submissions. */
async function innerReports(
  { folder, reports }: ClassSettings,
): Promise<string | undefined> {
  if (!reports) return undefined;
  const inner = await Deno.realPath(reports);
  const outer = await Deno.realPath(folder).catch(() => inner);
  return inner.startsWith(`${outer}/`)
    ? inner.slice(outer.length + 1).split("/")[0]
    : undefined;
}
