/**
 * A folder of submissions, each in a folder of its own.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import { UsageError } from "../../lib/cli/flags.ts";
import { table } from "../terminal/table.ts";
import { LEVELS } from "./kit.ts";
import { scoreOf, type Verdict } from "./run.ts";

/** One submission, and its verdicts. */
export interface Graded {
  name: string;
  verdicts: readonly Verdict[];
  /** Why it could not be graded, if it could not. */
  why?: string;
}

/**
 * Returns the names of the folders in a folder, sorted.
 *
 * @throws {UsageError} If the folder cannot be read, or contains no folder.
 */
export async function submissionsIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      // A submission may be a symbolic link.
      const info = await Deno.stat(`${folder}/${name}`).catch(() => undefined);
      if (info?.isDirectory && !name.startsWith(".")) names.push(name);
    }
  } catch (error) {
    throw new UsageError(
      `--all takes a folder: cannot read ${folder}: ${
        (error as Error).message
      }`,
    );
  }
  if (names.length === 0) {
    throw new UsageError(
      `${folder} has no submissions: each must be a folder in it`,
    );
  }
  return names.sort();
}

/** The names of the columns. */
const HEAD = ["submission", "lab", "lab of", "pro", "pro of", "failed"];

function rowOf({ name, verdicts, why }: Graded): string[] {
  const failed = verdicts.filter(({ state }) => state === "failed")
    .map(({ check, diagnosis }) => `${check.id} (${diagnosis!.cause})`);
  const scores = LEVELS.flatMap((level) => {
    const { got, of } = scoreOf(verdicts, level);
    return [String(got), String(of)];
  });
  return [name, ...scores, why ?? failed.join(", ")];
}

/** Returns the submissions as a table. */
export function tableOf(graded: readonly Graded[]): string[] {
  const cells = graded.map((one) => rowOf(one).map(escape));
  const [head, ...rows] = [HEAD, ...cells];
  const last = head.length - 1;
  // The last column can have any width.
  return table(head.slice(0, last), rows.map((row) => row.slice(0, last)))
    .map((line, i) => `${line}  ${[head, ...rows][i][last]}`);
}

/** Returns the submissions as CSV (RFC 4180). */
export function csvOf(graded: readonly Graded[]): string {
  return [HEAD, ...graded.map(rowOf)]
    .map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** Quotes a CSV value. It also defuses formulas, which a spreadsheet would run: folder names are untrusted. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
