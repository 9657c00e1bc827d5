/**
 * The roster on the instructor's pages. It is made in slices: the pages of a large
 * roster do not make the clients wait.
 *
 * @module
 */

import type { Section, Sheet } from "../board/page/instructor_page.ts";
import type { RosterSource } from "../board/routes.ts";
import { mapInSlices } from "../board/slices.ts";
import type { Roster } from "../students/roster.ts";
import { counted } from "../text.ts";
import type { CurrentList } from "./roster/class_file.ts";
import type { ClassList } from "./roster/class_list.ts";
import {
  listClass,
  listColumns,
  missingSummary,
} from "./roster/class_listing.ts";
import { compare, type Noted } from "./roster/comparison.ts";
import { csv, csvLine } from "./roster/csv.ts";
import { csvCells, type Value } from "./roster/listing.ts";
import {
  FIELDS,
  type ListedRow,
  markDoubtful,
  rowFormat,
  valuesOf,
} from "./roster/rows.ts";

/** Returns what the pages show of a roster, beside a class list if there is one. */
export function rosterSource(
  roster: Roster,
  expected: { current(): Promise<CurrentList> } | undefined,
): RosterSource {
  const readRows = async () =>
    await markDoubtful(await mapInSlices(roster.readAll(), (row) => row));
  const csvOf = async <T>(
    fields: readonly string[],
    items: readonly T[],
    values: (item: T) => readonly Value[],
  ) => [
    csv([fields]),
    ...await mapInSlices(items, (it) => csvLine(csvCells(values(it)))),
  ];
  return {
    csv: async () => await csvOf(FIELDS, await readRows(), valuesOf),
    classCsv: expected && (async () => {
      const { list } = await expected.current();
      const listing = listClass(await compare(list, await readRows()));
      return await csvOf(listing.fields, listing.values, (it) => it);
    }),
    sections: async () => {
      const rows = await readRows();
      return [
        ...expected
          ? await comparedSections(await expected.current(), rows)
          : [],
        {
          heading: "Passed",
          sheet: rowSheet(rows),
          none: "Nobody has passed yet.",
        },
      ];
    },
  };
}

async function comparedSections(
  { list, problem }: CurrentList,
  rows: readonly ListedRow[],
): Promise<Section[]> {
  const comparison = await compare(list, rows);
  const { missing, doubtful, unlisted } = comparison;
  const sections: Section[] = [{
    heading: "Not passed yet",
    sheet: {
      ...notedSheet(list, missing, "note"),
      summary: missingSummary(comparison) +
        (problem === undefined
          ? "."
          : `. This is the list from before. ${problem}.`),
    },
    none: "Everybody of the class list has passed.",
  }];
  if (doubtful.length > 0) {
    sections.push({
      heading: "Passed, but doubtful",
      sheet: notedSheet(list, doubtful, "came as"),
      none: "",
    });
  }
  if (unlisted.length > 0) {
    const sheet = rowSheet(unlisted.map(({ row }) => row));
    const hasNotes = unlisted.some(({ note }) => note !== "");
    sections.push({
      heading: "Passed, but not on the list",
      sheet: hasNotes
        ? {
          ...sheet,
          columns: [...sheet.columns, { title: "note", isLong: true }],
          cells: (at) => [...sheet.cells(at), unlisted[at].note],
        }
        : sheet,
      none: "",
    });
  }
  return sections;
}

function rowSheet(rows: readonly ListedRow[]): Sheet {
  const { columns, cells, summary } = rowFormat(rows);
  return {
    columns,
    length: rows.length,
    cells: (at) => cells(rows[at]),
    summary,
  };
}

function notedSheet(
  list: ClassList,
  students: readonly Noted[],
  title: string,
): Sheet {
  const hasNotes = students.some(({ note }) => note !== "");
  return {
    columns: [
      ...listColumns(list),
      ...hasNotes ? [{ title, isLong: true }] : [],
    ],
    length: students.length,
    cells: (at) => {
      const { student, note } = students[at];
      return hasNotes ? [...student, note] : student;
    },
    summary: `${counted(students.length, "student")} of the class list`,
  };
}
