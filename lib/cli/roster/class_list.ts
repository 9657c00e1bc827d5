/**
 * Class lists: who is expected.
 *
 * @module
 */

import { counted, escapeAndCut } from "../../text.ts";
import { whyUnreadable } from "../data_file.ts";
import { Failure } from "../program.ts";
import { parseCsv } from "./csv.ts";

/** A class list, read from CSV. */
export interface ClassList {
  /** The names of the columns. All are different. */
  readonly titles: readonly string[];
  /** Which column has the `sid`. */
  readonly sidAt: number;
  /** The same in words. */
  readonly sidColumn: string;
  /** The students, each with as many cells as there are columns. */
  readonly students: readonly (readonly string[])[];
}

/** The longest title of a column in a message, in columns of a terminal. */
const LONGEST_TITLE = 40;

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

/** Says how many students a list has, and where it has their numbers. */
export function listSummary({ students, sidColumn }: ClassList): string {
  return `${counted(students.length, "student")}, numbers in ${sidColumn}`;
}

/**
 * Returns the class list in a file's bytes.
 *
 * @throws {SyntaxError} If it is not CSV, has no students, or may have their numbers in another column than the first.
 */
export function parseClassList(bytes: Uint8Array): ClassList {
  const records = parseCsv(bytes);
  const named = namedSid(records[0] ?? []);
  if (named === -1) checkFirstColumn(records);
  const sidAt = Math.max(0, named);
  const hasHead = named !== -1 || isHead(records);
  const students = hasHead ? records.slice(1) : records;
  if (students.length === 0) throw new SyntaxError("it has no students");
  const width = records.reduce((most, { length }) => Math.max(most, length), 0);
  const full = (record: readonly string[]) =>
    Array.from({ length: width }, (_, i) => record[i] ?? "");
  const titles = titlesOf(hasHead ? full(records[0]) : full(["sid"]));
  const sidColumn = hasHead
    ? `the column ${escapeAndCut(titles[sidAt], LONGEST_TITLE)}`
    : "the first column";
  return { titles, sidAt, sidColumn, students: students.map(full) };
}

/** Returns the column whose title is `sid`, or else the first that has this word in its title; -1 if there is none. */
function namedSid(head: readonly string[]): number {
  const exact = head.findIndex((title) => /^sid$/i.test(title));
  return exact !== -1
    ? exact
    : head.findIndex((title) =>
      /(?<![\p{L}\p{N}])sid(?![\p{L}\p{N}])/iu.test(title)
    );
}

/** Throws if the first column has no numbers, but another one may: all of the class would be missing. */
function checkFirstColumn(
  [head = [], ...others]: readonly (readonly string[])[],
): void {
  if (head.length < 2 || others.some(([cell]) => /\p{Nd}/u.test(cell))) return;
  const likely = head.find((_, i) => others.every((it) => isNumber(it[i])));
  const hint = likely === undefined || isNumber(likely)
    ? "Begin the file with a line of titles, and name the column with the numbers sid"
    : `Are the numbers under ${
      JSON.stringify(escapeAndCut(likely, LONGEST_TITLE))
    }? Change this title to sid`;
  throw new SyntaxError(
    `no column is named sid, and the first one has no digits. ${hint}`,
  );
}

/** Whether a cell is a student's number: digits, perhaps with a letter or spaces. */
function isNumber(cell = ""): boolean {
  const digits = cell.match(/\p{Nd}/gu)?.length ?? 0;
  return digits > 2 && digits * 2 > cell.length;
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
