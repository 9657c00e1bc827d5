/**
 * The commands of single submissions, in a CSV file of the instructor.
 *
 * @module
 */

import { UsageError } from "../../../lib/cli/flags.ts";
import { parseCsv } from "../../../lib/cli/roster/csv.ts";
import { suggestion } from "../../../lib/cli/suggestion.ts";
import { counted, escape } from "../../../lib/text.ts";
import { wordsOf } from "../command.ts";
import type { Submission } from "./submission.ts";

/** The columns of the file. */
const COLUMNS = ["submission", "command"];

/**
 * Returns the command of each submission, if the file has one. A submission has
 * the name that the table shows, or that of its folder or zip file.
 *
 * @throws {UsageError} If the file cannot be read, or names no submission of these.
 */
export async function readCommands(
  file: string,
  submissions: readonly Submission[],
): Promise<(string[] | undefined)[]> {
  const commands = await read(file);
  const found = submissions.map(({ name, entries }) => {
    const key = [name, escape(name), ...entries].find((it) => commands.has(it));
    if (key === undefined) return undefined;
    const words = wordsOf(commands.get(key)!);
    commands.delete(key);
    return words;
  });
  const [left] = commands.keys();
  if (left === undefined) return found;
  const names = submissions.map(({ name }) => escape(name));
  throw new UsageError(
    `${file} has a command for ${escape(left)}, which is none of the ` +
      `${counted(names.length, "submission")}.${suggestion(left, names)}`,
  );
}

async function read(file: string): Promise<Map<string, string>> {
  try {
    const [head, ...rows] = parseCsv(await Deno.readFile(file));
    const [name, command] = COLUMNS.map((column) =>
      head?.findIndex((cell) => cell.toLowerCase() === column) ?? -1
    );
    if (name < 0 || command < 0) {
      throw new Error(`its first line must be ${COLUMNS.join(",")}`);
    }
    const given = rows.filter((row) => row[command]);
    return new Map(given.map((row) => [row[name], row[command]]));
  } catch (error) {
    throw new UsageError(
      `--commands takes a CSV file: ${file}: ${(error as Error).message}`,
    );
  }
}
