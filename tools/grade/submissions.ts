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

/** One submission, and how it fared. */
export interface Graded {
  name: string;
  verdicts: readonly Verdict[];
  /** Why it could not be judged, if so. */
  why?: string;
}

/**
 * The folders in a folder, in the order of their names.
 *
 * @throws {UsageError} If it cannot be read, or has none.
 */
export async function submissionsIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      // A submission may be a link.
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
      `There is no submission in ${folder}: each is a folder of its own there`,
    );
  }
  return names.sort();
}

/** What each column holds. */
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

/** The submissions as a table. */
export function tableOf(graded: readonly Graded[]): string[] {
  const [head, ...rows] = [HEAD, ...graded.map(rowOf)];
  const last = head.length - 1;
  // The last column is as wide as it likes.
  return table(head.slice(0, last), rows.map((row) => row.slice(0, last)))
    .map((line, i) => escape(`${line}  ${[head, ...rows][i][last]}`));
}

/** The submissions as CSV (RFC 4180). */
export function csvOf(graded: readonly Graded[]): string {
  return [HEAD, ...graded.map(rowOf)]
    .map((row) => row.map(cell).join(",") + "\r\n").join("");
}

/** A value of CSV. Spreadsheets run what begins like a formula: a folder's name is not ours. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
