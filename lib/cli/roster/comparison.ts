/**
 * A class list beside those who passed.
 *
 * @module
 */

import { mapInSlices } from "../../board/slices.ts";
import { counted, cut, escapeAndCut } from "../../text.ts";
import type { ClassList } from "./class_list.ts";
import { type ListedRow, shownField } from "./rows.ts";

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

/** A student of a class list, beside what the roster has. */
export interface Compared {
  /** The cells of the list. */
  readonly student: readonly string[];
  /** The student's rows: none if the student has not passed. */
  readonly rows: readonly ListedRow[];
  /** Why it is doubtful that the student has passed, or nothing. */
  readonly doubt: string;
}

/** How a class list and a roster differ. */
export interface Comparison {
  /** The list. */
  readonly list: ClassList;
  /** All students of the list. */
  readonly students: readonly Compared[];
  /** Students of the list who have not passed. */
  readonly missing: readonly Noted[];
  /** Students of the list whose `sid` came with more than one name or account, or with a name that has no word of the list's. */
  readonly doubtful: readonly Noted[];
  /** Rows whose `sid` is not on the list. */
  readonly unlisted: readonly Unlisted[];
}

/** The longest number that is compared with others that are written differently. */
const LONGEST_SID = 64;
/** The characters of a name that are compared. */
const LONGEST_NAME = 200;
/** How many names of one `sid` are named. */
const MOST_NAMES = 3;
/** The longest text of a message, in columns. */
const LONGEST = 30;

/** Compares a class list with the rows of a roster, in slices. */
export async function compare(
  list: ClassList,
  rows: readonly ListedRow[],
): Promise<Comparison> {
  const sidOf = (student: readonly string[]) =>
    withoutApostrophe(student[list.sidAt]);
  const rowsOf = new Map<string | null, ListedRow[]>();
  await mapInSlices(rows, (row) => {
    const sid = withoutSpaces(row.sid);
    const others = rowsOf.get(sid);
    if (others) others.push(row);
    else rowsOf.set(sid, [row]);
  });
  const listed = new Set<string | null>();
  const students = await mapInSlices(list.students, (student) => {
    const sid = withoutSpaces(sidOf(student));
    listed.add(sid);
    const rows = rowsOf.get(sid) ?? [];
    return { student, rows, doubt: doubtAbout(list, student, rows) };
  });
  const missing = students.filter((it) => it.rows.length === 0)
    .map(({ student }) => student);
  const unlisted = (await mapInSlices(
    rows,
    (row) => listed.has(withoutSpaces(row.sid)) ? [] : [row],
  )).flat();
  const listedLike = await byNumber(missing.map(sidOf));
  const passedLike = await byNumber(unlisted.map(({ sid }) => sid));
  return {
    list,
    students,
    missing: await mapInSlices(missing, (student) => ({
      student,
      note: noteOf(passedLike(sidOf(student)), "passed"),
    })),
    doubtful: students.filter(({ doubt }) => doubt !== "")
      .map(({ student, doubt }) => ({ student, note: doubt })),
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

/** Returns a `sid` without spaces and invisible characters, which lists have between digits and students at an end. */
function withoutSpaces(sid: string | null): string | null {
  return sid?.replace(/[\s\p{Cf}]/gu, "") ?? null;
}

/** Returns a `sid` without what people leave out or add: zeros at its front, signs, spaces, capitals. */
export function numberIn(sid: string): string {
  return cut(sid, LONGEST_SID).normalize("NFKC").toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "").replace(/^0+(?=.)/, "");
}

function noteOf(like: string | undefined, is: string): string {
  return like === undefined
    ? ""
    : `${escapeAndCut(like, LONGEST)} ${is}: the same number?`;
}

/** Says what is doubtful about a student of the list: more than one name or account, or another name. */
function doubtAbout(
  list: ClassList,
  student: readonly string[],
  rows: readonly ListedRow[],
): string {
  if (rows.length === 0) return "";
  const names = rows.map((row) => shownField(row.student_name));
  const listed = student.filter((_, i) => i !== list.sidAt).flatMap(wordsIn);
  const isOther = listed.length > 0 &&
    names.some((name) => !wordsIn(name).some((it) => listed.includes(it)));
  const why = isOther ? " (not the name on the list)" : "";
  return rows.length > 1 || isOther ? namesIn(rows, names) + why : "";
}

/** Returns the words of a name or a mail address, without accents and capitals. */
function wordsIn(text: string): string[] {
  return cut(text, LONGEST_NAME).normalize("NFKD").toLowerCase()
    .replace(/\p{M}/gu, "").match(/\p{L}+/gu) ?? [];
}

/** Returns the names of the rows of one student. */
function namesIn(rows: readonly ListedRow[], names: readonly string[]): string {
  const different = [...new Set(names)];
  const shown = different.slice(0, MOST_NAMES)
    .map((name) => escapeAndCut(name, LONGEST));
  if (different.length === 1 && rows.length > 1) {
    const accounts = new Set(rows.map((row) => row.github_username)).size;
    const ways = accounts > 1
      ? counted(accounts, "account")
      : "the number written differently";
    return `${shown[0]}, with ${ways}`;
  }
  const more = different.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

/** Returns a cell as it was sent. An apostrophe may keep it from being a formula, as in our own CSV. */
export function withoutApostrophe(cell: string): string {
  return cell.replace(/^'(?=[=+\-@])/, "");
}
