/**
 * What a roster keeps of a student.
 *
 * @module
 */

import type { Sid, Student } from "./student.ts";

/** What tells the rows of a roster apart. */
export type Identity = Pick<
  Student,
  "sid" | "student_name" | "github_username"
>;

/**
 * A student in the roster. The same `sid` with another name or account is another
 * row, so that one student cannot overwrite the row of another.
 */
export interface Row extends Identity {
  /** The student's number as text: an integer and its text are one `sid`. */
  readonly sid: string | null;
  /** When the first request came, in milliseconds since 1970. */
  readonly firstSeen: number;
  /** The same for the last request. */
  readonly lastSeen: number;
  /** How many requests came. */
  readonly requests: number;
  /** The client's id at the last request. */
  readonly clientId: number;
  /** The client's IP address at the last request. */
  readonly clientIp: string;
}

/** Where students come from. Each connection is an object of its own. */
export interface Origin {
  /** The client's id. */
  readonly clientId: number;
  /** The client's IP address. */
  readonly clientIp: string;
}

/** Students that came together. */
export interface Batch {
  /** The students, in the order in which they came. */
  readonly students: readonly Student[];
  /** Where they come from. */
  readonly origin: Origin;
  /** When they came, in milliseconds since 1970. */
  readonly at: number;
}

/** Whether two students belong to the same row, and were sent in the same way. */
export function isSameIdentity(one: Identity, other: Identity): boolean {
  return one.sid === other.sid && one.student_name === other.student_name &&
    one.github_username === other.github_username;
}

/** Returns a `sid` as text. */
export function sidText(sid: Sid): string | null {
  return sid === null ? null : String(sid);
}

/** Returns a text that is the same for all requests that belong to one row. */
export function rowKey(
  { sid, student_name, github_username }: Identity,
): string {
  return JSON.stringify([sidText(sid), student_name, github_username]);
}

/** The longest text of a small row, in characters. */
const SHORT = 200;

/** Whether a row has no long texts. */
export function isSmall(
  { sid, student_name, github_username }: Identity,
): boolean {
  return (student_name?.length ?? 0) <= SHORT &&
    (github_username?.length ?? 0) <= SHORT &&
    (typeof sid === "number" || String(sid).length <= SHORT);
}

/** The estimated bytes of a row in memory, without its texts. */
const ROW = 320;
/** The most estimated bytes of a small row: of three long texts. */
export const MOST_SMALL: number = ROW + 3 * 2 * SHORT;

/** Estimates the bytes that a row takes in memory: as many if its `sid` is an integer as if it is its text. */
export function bytesOf(
  { sid, student_name, github_username }: Identity,
): number {
  const characters = (student_name?.length ?? 0) +
    (github_username?.length ?? 0) +
    String(sid).length;
  return ROW + 2 * characters;
}
