/**
 * What `roster --expected` lists.
 *
 * @module
 */

import { counted, escapeAndCut } from "../../text.ts";
import type { ClassList } from "./class_list.ts";
import {
  type Compared,
  type Comparison,
  type Noted,
  withoutApostrophe,
} from "./comparison.ts";
import type { Listing, Table, Value } from "./listing.ts";
import { rowFormat, shownField } from "./rows.ts";
import type { Column } from "./table.ts";

/** The columns that are added to the class list for other programs. */
const ADDED = ["passed", "first_seen", "student_name", "note"] as const;
/** The longest text of a cell that has several names, in columns. */
const LONGEST = 200;

/** Returns the columns of a class list. */
export function listColumns({ titles, sidAt }: ClassList): Column[] {
  return titles.map((title, i) => ({
    title,
    least: i === sidAt ? undefined : 16,
    leaveOut: i === sidAt ? 0 : i,
  }));
}

/** Says how many have not passed. */
export function missingSummary({ list, missing }: Comparison): string {
  const all = counted(list.students.length, "student");
  return `Not passed: ${missing.length} of ${all}, found by ${list.sidColumn}`;
}

/**
 * Lists the students of a class list who have not passed, then those who are
 * doubtful, and the rows that are not on the list. Other programs get the whole class.
 */
export function listClass(comparison: Comparison): Listing {
  const { list, students, missing, doubtful, unlisted } = comparison;
  const others = [
    ...doubtful.length > 0 ? [`Passed, but doubtful: ${doubtful.length}`] : [],
    ...unlisted.length > 0
      ? [`Passed, but not on the list: ${counted(unlisted.length, "row")}`]
      : [],
  ];
  return {
    ...notedTable(list, missing, "note"),
    ...classValues(list, students, missing),
    keys: missing.map(({ student }) => JSON.stringify(student)),
    summary: [missingSummary(comparison), ...others].join(". "),
    more: [
      {
        heading: "Passed, but doubtful",
        ...notedTable(list, doubtful, "came as"),
      },
      { heading: "Passed, but not on the list", ...unlistedTable(comparison) },
    ].filter(({ rows }) => rows.length > 0),
  };
}

/** Returns a table of students of the list. There is a column for the notes if there are any. */
function notedTable(
  list: ClassList,
  students: readonly Noted[],
  title: string,
): Table {
  const hasNotes = students.some(({ note }) => note !== "");
  return {
    columns: [
      ...listColumns(list),
      ...hasNotes ? [{ title, least: 10 }] : [],
    ],
    rows: students.map(({ student, note }) =>
      hasNotes ? [...student, note] : student
    ),
  };
}

function unlistedTable(
  { unlisted }: Comparison,
): Table {
  const { columns, cells } = rowFormat(unlisted.map(({ row }) => row));
  const hasNotes = unlisted.some(({ note }) => note !== "");
  return {
    columns: [...columns, ...hasNotes ? [{ title: "note", least: 10 }] : []],
    rows: unlisted.map(({ row, note }) => [
      ...cells(row),
      ...hasNotes ? [note] : [],
    ]),
  };
}

/** Returns the whole class list, with who has passed. */
function classValues(
  { titles }: ClassList,
  students: readonly Compared[],
  missing: readonly Noted[],
): Pick<Listing, "fields" | "values"> {
  const notes = new Map(missing.map(({ student, note }) => [student, note]));
  const fields = [...titles];
  for (const title of ADDED) {
    // An earlier list of this kind may be the class list now.
    let free: string = title;
    for (let i = 2; fields.includes(free); i++) free = `${title} ${i}`;
    fields.push(free);
  }
  return {
    fields,
    values: students.map((it) => [
      ...it.student.map(withoutApostrophe),
      ...addedValues(it, notes.get(it.student) ?? ""),
    ]),
  };
}

function addedValues({ rows, doubt }: Compared, note: string): Value[] {
  if (rows.length === 0) return ["no", null, null, note];
  const first = Math.min(...rows.map(({ firstSeen }) => firstSeen));
  const names = new Set(rows.map((row) => shownField(row.student_name)));
  return [
    doubt === "" ? "yes" : "doubtful",
    new Date(first).toISOString(),
    escapeAndCut([...names].join(", "), LONGEST),
    doubt,
  ];
}
