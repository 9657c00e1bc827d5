/**
 * The rows of a roster, as the command line lists them.
 *
 * @module
 */

import { mapInSlices, sortInSlices } from "../../board/slices.ts";
import type { Row } from "../../students/row.ts";
import { rowKey } from "../../students/row.ts";
import { counted } from "../../text.ts";
import { readRoster, type RosterAddress } from "../roster_address.ts";
import type { Listing, Value } from "./listing.ts";
import type { Column } from "./table.ts";

/** A row, and whether it is doubtful: another row has the same `sid`. */
export interface ListedRow extends Row {
  /** Whether another row has the same `sid`. */
  readonly isDoubtful: boolean;
}

/** Reads all rows of a roster, in the order of names. @throws {Failure} If it cannot. */
export async function readRows(where: RosterAddress): Promise<ListedRow[]> {
  return await markDoubtful(await readRoster(where));
}

/** Returns rows in the order of names, with a mark on those that are doubtful. It works in slices. */
export async function markDoubtful(rows: readonly Row[]): Promise<ListedRow[]> {
  const counts = new Map<string | null, number>();
  await mapInSlices(rows, ({ sid }) => {
    counts.set(sid, (counts.get(sid) ?? 0) + 1);
  });
  const marked = await mapInSlices(rows, (row) => {
    const isDoubtful = row.sid !== null && counts.get(row.sid)! > 1;
    return { ...row, isDoubtful };
  });
  return await sortInSlices(marked, byName);
}

/** Compares as English does, on every machine. That is Unicode's order without a language's own rules. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** Rows without a name come last. */
function byName(a: Row, b: Row): number {
  const [nameA, nameB] = [a.student_name, b.student_name];
  if (nameA === null || nameB === null) {
    return Number(nameA === null) - Number(nameB === null);
  }
  return compare(nameA, nameB) || compare(a.sid ?? "", b.sid ?? "");
}

/** Returns how a field is shown: `None`, as the lab prints it, if a client gave none. */
export function shownField(value: string | null): string {
  return value ?? "None";
}

/** In front of a doubtful row. */
const DOUBTFUL = "?";

const COLUMNS: readonly Column[] = [
  { title: "name", least: 20 },
  { title: "account", least: 10, leaveOut: 1 },
  { title: "sid", least: 10 },
  { title: "first seen", leaveOut: 3 },
  { title: "last seen" },
  { title: "requests", isNumber: true, leaveOut: 2 },
  { title: "client", isNumber: true, leaveOut: 5 },
  { title: "address", leaveOut: 4 },
];

/** The names of the fields for other programs. */
export const FIELDS: readonly string[] = [
  "sid",
  "student_name",
  "github_username",
  "first_seen",
  "last_seen",
  "requests",
  "client_id",
  "client_ip",
  "doubtful",
];

/** How rows are listed. */
export interface RowFormat {
  /** The columns of the table for people. */
  readonly columns: readonly Column[];
  /** Returns the cells of a row. */
  cells(row: ListedRow): string[];
  /** What is said below the table. */
  readonly summary: string;
}

/** Returns how to list these rows. */
export function rowFormat(rows: readonly ListedRow[]): RowFormat {
  const time = timeFormat(rows);
  const doubtful = rows.filter((row) => row.isDoubtful).length;
  const mark: Column[] = doubtful > 0 ? [{ title: "" }] : [];
  return {
    columns: [...mark, ...COLUMNS],
    cells: (row) => [
      ...mark.map(() => row.isDoubtful ? DOUBTFUL : ""),
      shownField(row.student_name),
      shownField(row.github_username),
      shownField(row.sid),
      time(row.firstSeen),
      time(row.lastSeen),
      String(row.requests),
      String(row.clientId),
      row.clientIp,
    ],
    summary: summary(rows, doubtful),
  };
}

/** Returns the values of a row, in the order of {@linkcode FIELDS}. */
export function valuesOf(row: ListedRow): Value[] {
  return [
    row.sid,
    row.student_name,
    row.github_username,
    new Date(row.firstSeen).toISOString(),
    new Date(row.lastSeen).toISOString(),
    row.requests,
    row.clientId,
    row.clientIp,
    row.isDoubtful,
  ];
}

/** Lists rows in their order. */
export function listRows(rows: readonly ListedRow[]): Listing {
  const { columns, cells, summary } = rowFormat(rows);
  return {
    columns,
    rows: rows.map(cells),
    fields: FIELDS,
    values: rows.map(valuesOf),
    keys: rows.map(rowKey),
    summary,
  };
}

function summary(rows: readonly ListedRow[], doubtful: number): string {
  const sids = new Set(rows.map(({ sid }) => sid)).size;
  const counts = `${counted(sids, "sid")} in ${counted(rows.length, "row")}`;
  if (doubtful === 0) return counts;
  const are = doubtful === 1 ? "is" : "are";
  return `${counts}. ${doubtful} ${are} doubtful (${DOUBTFUL}): another row has the same sid`;
}

/** Returns how to show the times of some rows: without a date if it is today's, without a year if it is this year's. */
function timeFormat(
  rows: readonly Row[],
  now = new Date(),
): (time: number) => string {
  const parts = (time: number) => new Date(time).toString().split(" ");
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()];
  const areWithin = (start: Date, end: Date) => {
    const [first, last] = [start.getTime(), end.getTime()];
    const isIn = (time: number) => time >= first && time < last;
    return rows.every((row) => isIn(row.firstSeen) && isIn(row.lastSeen));
  };
  if (areWithin(new Date(year, month, day), new Date(year, month, day + 1))) {
    return (time) => parts(time)[4];
  }
  return areWithin(new Date(year, 0), new Date(year + 1, 0))
    ? (time) => {
      const [, month, day, , clock] = parts(time);
      return `${month} ${day} ${clock.slice(0, 5)}`;
    }
    : (time) => {
      const [, month, day, year, clock] = parts(time);
      return `${month} ${day} ${year} ${clock.slice(0, 5)}`;
    };
}
