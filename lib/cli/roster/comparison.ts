/**
 * A class list beside those who passed.
 *
 * @module
 */

import { mapInSlices } from "../../board/slices.ts";
import { counted, cut, escapeAndCut } from "../../text.ts";
import type { ClassList } from "./class_list.ts";
import type { Listing } from "./listing.ts";
import { type ListedRow, shownField } from "./rows.ts";
import type { Column } from "./table.ts";

/** A student of a class list, and what there is to say about it. */
export interface Noted {
  /** The cells of the list. */
  readonly student: readonly string[];
  /** What is said about it, or nothing. */
  readonly note: string;
}

/** A row that is not on the list, and what there is to say about it. */
export interface Unlisted {
  /** The row. */
  readonly row: ListedRow;
  /** What is said about it, or nothing. */
  readonly note: string;
}

/** How a class list and a roster differ. */
export interface Comparison {
  /** The list. */
  readonly list: ClassList;
  /** Students of the list who have not passed. */
  readonly missing: readonly Noted[];
  /** Students of the list whose `sid` came with more than one name or account. */
  readonly doubtful: readonly Noted[];
  /** Rows whose `sid` is not on the list. */
  readonly unlisted: readonly Unlisted[];
}

/** The longest number that is compared with others that are written differently. */
const LONGEST_SID = 64;
/** How many names of one `sid` are named. */
const MOST_NAMES = 3;
/** The longest text of a message, in columns. */
const LONGEST = 30;

/** Compares a class list with the rows of a roster, in slices. */
export async function compare(
  list: ClassList,
  rows: readonly ListedRow[],
): Promise<Comparison> {
  const sidOf = (student: readonly string[]) => sidIn(student[list.sidAt]);
  const namesOf = new Map<string | null, string[]>();
  await mapInSlices(rows, ({ sid, student_name }) => {
    const names = namesOf.get(sid);
    if (names) names.push(shownField(student_name));
    else namesOf.set(sid, [shownField(student_name)]);
  });
  const listed = new Set<string | null>();
  await mapInSlices(list.students, (student) => listed.add(sidOf(student)));
  const missing = list.students.filter((student) =>
    !namesOf.has(sidOf(student))
  );
  const unlisted = rows.filter(({ sid }) => !listed.has(sid));
  const listedLike = await byNumber(missing.map(sidOf));
  const passedLike = await byNumber(unlisted.map(({ sid }) => sid));
  const doubtful = await mapInSlices(list.students, (student) => {
    const names = namesOf.get(sidOf(student)) ?? [];
    return names.length > 1 ? [{ student, note: namesIn(names) }] : [];
  });
  return {
    list,
    missing: await mapInSlices(missing, (student) => ({
      student,
      note: noteOf(passedLike(sidOf(student)), "passed"),
    })),
    doubtful: doubtful.flat(),
    unlisted: await mapInSlices(unlisted, (row) => ({
      row,
      note: noteOf(listedLike(row.sid), "is on the list"),
    })),
  };
}

/** Returns a function that finds the `sid` that is the same number as another one, but written differently. */
async function byNumber(
  sids: readonly (string | null)[],
): Promise<(sid: string | null) => string | undefined> {
  const found = new Map<string, string>();
  await mapInSlices(sids, (sid) => {
    if (sid !== null) found.set(numberIn(sid), sid);
  });
  return (sid) => sid === null ? undefined : found.get(numberIn(sid));
}

/** Returns a `sid` without what people leave out or add: zeros at its front, signs, spaces, capitals. */
function numberIn(sid: string): string {
  return cut(sid, LONGEST_SID).normalize("NFKC").toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "").replace(/^0+(?=.)/, "");
}

function noteOf(like: string | undefined, is: string): string {
  return like === undefined
    ? ""
    : `${escapeAndCut(like, LONGEST)} ${is}: the same number?`;
}

/** Returns what the rows of one `sid` have as names. */
function namesIn(names: readonly string[]): string {
  const different = [...new Set(names)];
  const shown = different.slice(0, MOST_NAMES)
    .map((name) => escapeAndCut(name, LONGEST));
  if (different.length === 1) {
    return `${shown[0]}, with ${names.length} accounts`;
  }
  const more = different.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

/** Returns the columns of a class list. */
export function listColumns({ titles, sidAt }: ClassList): Column[] {
  return titles.map((title, i) => ({
    title,
    least: i === sidAt ? undefined : 10,
    leaveOut: i === sidAt ? 0 : i,
  }));
}

/** Says how many have not passed. */
export function missingSummary({ list, missing }: Comparison): string {
  const all = counted(list.students.length, "student");
  const title = escapeAndCut(list.titles[list.sidAt], LONGEST);
  return `Not passed: ${missing.length} of ${all}, found by the column ${title}`;
}

/** Lists the students of a class list who have not passed. */
export function listMissing(comparison: Comparison): Listing {
  const { list, missing, doubtful, unlisted } = comparison;
  const students = missing.map(({ student }) => student);
  const hasNotes = missing.some(({ note }) => note !== "");
  const note: Column[] = hasNotes ? [{ title: "note", least: 10 }] : [];
  const others = [
    ...doubtful.length > 0 ? [`Passed, but doubtful: ${doubtful.length}`] : [],
    ...unlisted.length > 0
      ? [`Passed, but not on the list: ${counted(unlisted.length, "row")}`]
      : [],
  ];
  return {
    columns: [...listColumns(list), ...note],
    rows: missing.map(({ student, note }) =>
      hasNotes ? [...student, note] : student
    ),
    fields: list.titles,
    values: students,
    keys: students.map((student) => JSON.stringify(student)),
    summary: [missingSummary(comparison), ...others].join(". "),
  };
}

/** Returns the `sid` in a cell. An apostrophe may keep it from being a formula, as in our own CSV. */
function sidIn(cell: string): string {
  return cell.replace(/^'(?=[=+\-@])/, "");
}
