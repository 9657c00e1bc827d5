/**
 * CSV as spreadsheets write it, and CSV that is safe to open in one.
 *
 * @module
 */

import { parse } from "@std/csv/parse";
import { counted, cut, escape } from "../../text.ts";

/** Tells spreadsheets that the text is UTF-8. */
const BYTE_ORDER_MARK = "\ufeff";
/** The most characters that a spreadsheet takes in a cell. */
const MOST = 32_767;
/**
 * What may begin a formula, also in full width, as in Japan: at the start of a cell,
 * or behind whatever a spreadsheet may take for a separator or a quote.
 */
const FORMULA = /(^|[;,|\t\r\n"'])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/**
 * Returns lines of CSV. Each cell is quoted. What is invisible is escaped, so that a row
 * is always one line, and an apostrophe keeps a text from being a formula. A text that is
 * too long for a spreadsheet is cut.
 */
export function csv(rows: readonly (readonly string[])[]): string {
  return BYTE_ORDER_MARK + rows.map(csvLine).join("");
}

/** Returns one of these lines. */
export function csvLine(row: readonly string[]): string {
  return `${row.map(quoted).join(",")}\r\n`;
}

function quoted(text: string): string {
  let safe = escape(text).replace(FORMULA, "$1$2'");
  if (safe.length > MOST) {
    const length = `... (${counted(text.length, "character")})`;
    safe = cut(safe, MOST - length.length) + length;
  }
  return `"${safe.replaceAll('"', '""')}"`;
}

/**
 * Returns the cells of all lines that are not empty, without the spaces around
 * them. They are separated by commas, semicolons or tabs, and may be quoted.
 *
 * @throws {SyntaxError} If it is not CSV.
 */
export function parseCsv(bytes: Uint8Array): string[][] {
  const text = decode(bytes).replace(/\r\n?/g, "\n");
  if (text.includes("\0")) throw new SyntaxError("it is not text");
  const all: string[][] = parse(text, { separator: separatorOf(text) });
  return all.map((record) => record.map((cell) => cell.trim()))
    .filter((record) => record.some((cell) => cell !== ""));
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
