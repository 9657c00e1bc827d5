/**
 * What the roster's command line lists, in each of its forms.
 *
 * @module
 */

import { csv } from "./csv.ts";
import { json } from "./json.ts";
import { type Column, table } from "./table.ts";

/** A value of a field. */
export type Value = string | number | boolean | null;

/** Things to list: students who came, or who did not. */
export interface Listing {
  /** The columns of the table for people. */
  readonly columns: readonly Column[];
  /** Each row's cells in that table. */
  readonly rows: readonly (readonly string[])[];
  /** The names of the fields for other programs. */
  readonly fields: readonly string[];
  /** Each row's values of these fields. */
  readonly values: readonly (readonly Value[])[];
  /** A text for each row that no other has, and that stays. */
  readonly keys: readonly string[];
  /** What is said below the table. */
  readonly summary: string;
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
export function asTable({ columns, rows }: Listing, width?: number): string {
  return table(columns, rows, width).map((line) => `${line}\n`).join("");
}
