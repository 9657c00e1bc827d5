/**
 * Tables of what was measured. Each shows one figure.
 *
 * @module
 */

import { median } from "../../tools/stress/hold/statistics.ts";
import { table } from "../../tools/terminal/table.ts";

/** A figure of a measurement. */
export interface Figure<M> {
  /** What it is, and its unit. */
  readonly title: string;
  /** How many decimals are shown. */
  readonly digits: number;
  /** Takes it from a measurement. */
  of(measurement: M): number;
}

/** What was measured of one server. */
export interface Row<M> {
  readonly name: string;
  /** The measurements of all rounds, for each column. */
  readonly cells: readonly (readonly M[])[];
}

/** All measurements: a row for each server, and a column for each load. */
export interface Measured<M> {
  readonly columns: readonly string[];
  readonly rows: readonly Row<M>[];
}

/** Returns all measurements, by row and by column, for `--json`. */
export function figuresOf<M>(
  { columns, rows }: Measured<M>,
): Record<string, Record<string, readonly M[]>> {
  return Object.fromEntries(rows.map(({ name, cells }) => [
    name,
    Object.fromEntries(columns.map((column, i) => [column, cells[i]])),
  ]));
}

/** Returns the median of a figure in each column. */
export function medians<M>(
  { cells }: Row<M>,
  { of }: Pick<Figure<M>, "of">,
): number[] {
  return cells.map((rounds) => median(rounds.map(of)));
}

/** Returns a table of the medians of a figure. */
export function tableOf<M>(
  { columns, rows }: Measured<M>,
  figure: Figure<M>,
): string[] {
  return table(
    [figure.title, ...columns],
    rows.map((row) => [
      row.name,
      ...medians(row, figure).map((it) => it.toFixed(figure.digits)),
    ]),
  );
}

/**
 * Returns a table of ratios: the medians of a figure in one row divided by those
 * in another.
 */
export function ratioTable<M>(
  title: string,
  columns: readonly string[],
  rows: readonly { name: string; above: Row<M>; below: Row<M> }[],
  figure: Figure<M>,
): string[] {
  return table(
    [title, ...columns],
    rows.map(({ name, above, below }) => {
      const divisors = medians(below, figure);
      const ratios = medians(above, figure).map((it, i) => it / divisors[i]);
      return [name, ...ratios.map((ratio) => ratio.toFixed(2))];
    }),
  );
}

/**
 * Returns a table of the processor time of the server `yardstick`, divided by that of
 * each server in the same round: 2 is half as costly. Shows the median of the rounds.
 */
export function timesTable<M>(
  { columns, rows }: Measured<M>,
  yardstick: string,
  cost: Figure<M>,
): string[] {
  const { cells: above } = rows.find(({ name }) => name === yardstick)!;
  return table(
    [`processor time: times ${yardstick}`, ...columns],
    rows.map(({ name, cells }) => [
      name,
      ...cells.map((rounds, i) => {
        const times = rounds.map((it, nth) =>
          cost.of(above[i][nth]) / cost.of(it)
        );
        return median(times).toFixed(2);
      }),
    ]),
  );
}
