/**
 * Tables of text from strangers, in columns of a terminal.
 *
 * @module
 */

import { columnsOf, cut, escape, firstColumns } from "../../text.ts";

/** A column of a table. */
export interface Column {
  /** What stands above it. */
  readonly title: string;
  /** Whether its cells end below each other, as numbers do. @default {false} */
  readonly isNumber?: boolean;
  /** The least width to which it is cut if the table is too wide. Without it, it is never cut. */
  readonly least?: number;
  /** When it is left out if the table is still too wide: the column with the highest number first. @default {0} */
  readonly leaveOut?: number;
}

/** The widest cell, in columns of a terminal. */
const WIDEST = 60;
const BETWEEN = "  ";
const CUT = "...";

/**
 * Returns the lines of a table. All cells are escaped, and long ones are cut. Other
 * columns are cut or left out, so that no line is wider than `width`.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const { cells, natural, kept } = measured(columns, rows, width);
  const widths = fitted(columns, natural, kept, width);
  const line = (row: readonly string[]) =>
    kept.map((i) => aligned(row[i], widths[i], columns[i].isNumber))
      .join(BETWEEN).trimEnd();
  return [columns.map(({ title }) => shown(title)), ...cells].map(line);
}

/** Returns the titles of the columns that a table of this width leaves out. */
export function leftOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const { kept } = measured(columns, rows, width);
  return columns.filter((_, i) => !kept.includes(i))
    .map(({ title }) => shown(title));
}

function measured(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
) {
  const cells = rows.map((row) => row.map(shown));
  const natural = columns.map(({ title }, i) =>
    cells.reduce(
      (most, row) => Math.max(most, columnsOf(row[i])),
      columnsOf(shown(title)),
    )
  );
  return { cells, natural, kept: columnsThatFit(columns, natural, width) };
}

/** Escapes a cell. Cuts it before, since a text may be very long. */
function shown(text: string): string {
  const start = cut(text, WIDEST + 1);
  const escaped = escape(start);
  return fit(start === text ? escaped : escaped + CUT, WIDEST);
}

function fit(escaped: string, width: number): string {
  if (columnsOf(escaped) <= width) return escaped;
  return firstColumns(escaped, width - CUT.length) + CUT;
}

function aligned(cell: string, width: number, isNumber = false): string {
  const text = fit(cell, width);
  const space = " ".repeat(width - columnsOf(text));
  return isNumber ? space + text : text + space;
}

/** Returns the numbers of the columns that are not left out. */
function columnsThatFit(
  columns: readonly Column[],
  natural: readonly number[],
  width: number,
): number[] {
  const least = columns.map(({ least = Infinity }, i) =>
    Math.min(least, natural[i])
  );
  const order = columns.map(({ leaveOut = 0 }) => leaveOut);
  let kept = columns.map((_, i) => i);
  while (total(least, kept) > width) {
    const last = Math.max(...kept.map((i) => order[i]));
    if (last === 0) break;
    kept = kept.filter((i) => order[i] !== last);
  }
  return kept;
}

/** Returns the widths of all columns: the widest are cut first. */
function fitted(
  columns: readonly Column[],
  natural: readonly number[],
  kept: readonly number[],
  width: number,
): number[] {
  const widths = [...natural];
  const canShrink = (i: number) => widths[i] > (columns[i].least ?? Infinity);
  while (total(widths, kept) > width) {
    const wide = kept.filter(canShrink);
    if (wide.length === 0) break;
    widths[wide.reduce((a, b) => widths[b] > widths[a] ? b : a)]--;
  }
  return widths;
}

function total(widths: readonly number[], kept: readonly number[]): number {
  const between = BETWEEN.length * (kept.length - 1);
  return kept.reduce((sum, i) => sum + widths[i], between);
}
