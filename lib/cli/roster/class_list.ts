/**
 * Class lists: who is expected.
 *
 * @module
 */

import { whyUnreadable } from "../data_file.ts";
import { Failure } from "../program.ts";
import { parseCsv } from "./csv.ts";

/** A class list, read from CSV. */
export interface ClassList {
  /** The names of the columns. All are different. */
  readonly titles: readonly string[];
  /** Which column has the `sid`. */
  readonly sidAt: number;
  /** The students, each with as many cells as there are columns. */
  readonly students: readonly (readonly string[])[];
}

/** Reads a class list from a file. @throws {Failure} If it cannot. */
export async function readClassList(path: string): Promise<ClassList> {
  try {
    return parseClassList(await Deno.readFile(path));
  } catch (error) {
    const isSyntax = error instanceof SyntaxError;
    const why = isSyntax ? error.message : whyUnreadable(error);
    throw new Failure(`Cannot read ${path}: ${why}`);
  }
}

/**
 * Returns the class list in a file's bytes.
 *
 * @throws {SyntaxError} If it is not CSV, or has no students.
 */
export function parseClassList(bytes: Uint8Array): ClassList {
  const records = parseCsv(bytes);
  const named = records[0]?.findIndex((cell) => /^sid$/i.test(cell)) ?? -1;
  const sidAt = Math.max(0, named);
  const hasHead = named !== -1 || isHead(records);
  const students = hasHead ? records.slice(1) : records;
  if (students.length === 0) throw new SyntaxError("it has no students");
  const width = records.reduce((most, { length }) => Math.max(most, length), 0);
  const full = (record: readonly string[]) =>
    Array.from({ length: width }, (_, i) => record[i] ?? "");
  const titles = titlesOf(hasHead ? full(records[0]) : full(["sid"]));
  return { titles, sidAt, students: students.map(full) };
}

/** Whether the first line names the columns: its first cell has no digit, as each other has. */
function isHead([head, ...others]: readonly (readonly string[])[]): boolean {
  const hasDigit = ([cell]: readonly string[]) => /\p{Nd}/u.test(cell);
  return others.length > 0 && !hasDigit(head) && others.every(hasDigit);
}

/** Gives each column a name of its own. */
function titlesOf(head: readonly string[]): string[] {
  const titles = new Set<string>();
  head.forEach((title, i) => {
    const isFree = title !== "" && !titles.has(title);
    titles.add(isFree ? title : `column ${i + 1}`);
  });
  return [...titles];
}
