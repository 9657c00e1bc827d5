/**
 * Class lists: who is expected.
 *
 * @module
 */

import { parse } from "@std/csv/parse";
import { whyUnreadable } from "../data_file.ts";
import { Failure } from "../program.ts";

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
 * Returns the class list in a file's bytes. The cells are separated by commas,
 * semicolons or tabs, and may be quoted.
 *
 * @throws {SyntaxError} If it is not CSV, or has no students.
 */
export function parseClassList(bytes: Uint8Array): ClassList {
  const text = decode(bytes).replace(/\r\n?/g, "\n");
  if (text.includes("\0")) throw new SyntaxError("it is not text");
  const all: string[][] = parse(text, { separator: separatorOf(text) });
  const records = all.map((record) => record.map((cell) => cell.trim()))
    .filter((record) => record.some((cell) => cell !== ""));
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

/** Decodes as spreadsheets encode: in UTF-8, UTF-16, or the old encoding of Windows. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return new TextDecoder("utf-16le").decode(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Returns the separator that the first line has most. */
function separatorOf(text: string): string {
  const [line] = text.trimStart().replace(/"[^"]*"/g, "").split("\n");
  const count = (separator: string) => line.split(separator).length;
  return [",", ";", "\t"].reduce((a, b) => count(b) > count(a) ? b : a);
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
