/**
 * What the roster's command line lists, in each of its forms.
 *
 * @module
 */

import { csv } from "./csv.ts";
import { json } from "./json.ts";
import { type Column, leftOut, table } from "./table.ts";

/** A value of a field. */
export type Value = string | number | boolean | null;

/** A table for people. */
export interface Table {
  /** Its columns. */
  readonly columns: readonly Column[];
  /** The cells of each row. */
  readonly rows: readonly (readonly string[])[];
}

/** A table that follows another one. */
export interface NamedTable extends Table {
  /** What stands above it. */
  readonly heading: string;
}

/** Things to list: students who came, or who did not. */
export interface Listing extends Table {
  /** The names of the fields for other programs. */
  readonly fields: readonly string[];
  /** The values of these fields: of each row, or of the whole class. */
  readonly values: readonly (readonly Value[])[];
  /** A text for each row that no other has, and that stays. */
  readonly keys: readonly string[];
  /** What is said below the table. */
  readonly summary: string;
  /** Tables that follow, except where there is one only, as on a screen that is drawn again. */
  readonly more?: readonly NamedTable[];
}

/** Returns a listing as CSV. */
export function asCsv({ fields, values }: Listing): string {
  return csv([fields, ...values].map(csvCells));
}

/** Returns the cells of a row of CSV. */
export function csvCells(values: readonly Value[]): string[] {
  return values.map((value) => value === null ? "" : String(value));
}

/** Returns a listing as JSON: an array of objects. */
export function asJson({ fields, values }: Listing): string {
  return json(
    values.map((row) =>
      Object.fromEntries(fields.map((field, i) => [field, row[i]]))
    ),
  );
}

/** Returns a listing as a table. */
export function asTable(listing: Listing, width?: number): string {
  return linesOf(listing, width);
}

/** Returns a listing as a table, with those that follow it. */
export function asTables(listing: Listing, width?: number): string {
  const more = (listing.more ?? []).map((it) =>
    `\n${it.heading}:\n${linesOf(it, width)}`
  );
  return linesOf(listing, width) + more.join("");
}

function linesOf({ columns, rows }: Table, width: number | undefined): string {
  return table(columns, rows, width).map((line) => `${line}\n`).join("");
}

/** Says which columns there was no room for, if there are any. */
export function roomNote(listing: Listing, width?: number): string {
  const all = [listing, ...listing.more ?? []];
  const titles = new Set(
    all.flatMap(({ columns, rows }) => leftOut(columns, rows, width)),
  );
  return titles.size === 0
    ? ""
    : `. No room for ${[...titles].join(", ")}: make the window wider`;
}
