/**
 * CSV that is safe to open in a spreadsheet.
 *
 * @module
 */

import { escape } from "../../text.ts";

/** Tells spreadsheets that the text is UTF-8. */
const BYTE_ORDER_MARK = "\ufeff";
/**
 * What may begin a formula, also in full width, as in Japan: at the start of a cell,
 * or behind whatever a spreadsheet may take for a separator or a quote.
 */
const FORMULA = /(^|[;,|\t\r\n"'])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/**
 * Returns lines of CSV. Each cell is quoted. What is invisible is escaped, so that a row
 * is always one line, and an apostrophe keeps a text from being a formula.
 */
export function csv(rows: readonly (readonly string[])[]): string {
  return BYTE_ORDER_MARK + rows.map(csvLine).join("");
}

/** Returns one of these lines. */
export function csvLine(row: readonly string[]): string {
  return `${row.map(quoted).join(",")}\r\n`;
}

function quoted(text: string): string {
  const safe = escape(text).replace(FORMULA, "$1$2'");
  return `"${safe.replaceAll('"', '""')}"`;
}
