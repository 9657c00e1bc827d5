/**
 * The lab's request: a student.
 *
 * @module
 */

import { escape } from "../text.ts";
import { describe } from "../formats/describe.ts";
import { ProtocolError, RequestError } from "../formats/errors.ts";
import type { Message, MessageMap } from "../formats/format.ts";
import { isMessageMap } from "../formats/format.ts";

/** The response to a student who was recorded. */
export const ACKNOWLEDGED = 1;

/** A student's number: an integer or text, or `None` where a client left it out. */
export type Sid = number | bigint | string | null;

/** A student, as the request says. Keys other than these three are kept too. */
export interface Student extends MessageMap {
  /** The full name. */
  student_name: string | null;
  /** The account's name. */
  github_username: string | null;
  /** The student's number. */
  sid: Sid;
}

/**
 * The request as a student. A field may be `None`, as in the lab's unfinished clients.
 *
 * @throws {ProtocolError} If the request is no dict.
 * @throws {RequestError} If a field is missing or of another type.
 */
export function toStudent(request: Message): Student {
  if (!isMessageMap(request)) {
    if (request instanceof Map) {
      throw new RequestError("A request's keys must all be text");
    }
    throw new ProtocolError(
      `A request must be a dict, not ${describe(request)}`,
    );
  }
  const { student_name, github_username, sid } = request;
  check("student_name", student_name, isText(student_name), "text");
  check("github_username", github_username, isText(github_username), "text");
  check("sid", sid, isSid(sid), "an integer or text");
  return request as Student;
}

/** Fails if a field is missing, or is neither `None` nor what it must be. */
function check(
  field: string,
  value: Message | undefined,
  fits: boolean,
  expected: string,
): void {
  if (fits || value === null) return;
  throw new RequestError(
    value === undefined
      ? `${field} is missing: it must be ${expected}`
      : `${field} must be ${expected}, not ${describe(value)}`,
  );
}

function isText(value: Message | undefined): boolean {
  return typeof value === "string";
}

function isSid(value: Message | undefined): boolean {
  return typeof value === "string" || typeof value === "bigint" ||
    Number.isSafeInteger(value);
}

/** The line that the lab prints for a student. */
export function connectedLine(student: Student): string {
  const { student_name, github_username, sid } = student;
  return `Connected: Student: ${shown(student_name)}, ` +
    `Github Username: ${shown(github_username)}, sid: ${shown(sid)}`;
}

/** A field as it is printed. */
function shown(value: Sid): string {
  return typeof value === "string" ? escape(value) : String(value ?? "None");
}

/** The same, but of the student's number only the last two digits, for a screen that others see. */
export function maskedLine(student: Student): string {
  const { sid } = student;
  if (sid === null) return connectedLine(student);
  const masked = String(sid).replace(/.(?=..)/gsu, "*");
  return connectedLine({ ...student, sid: masked });
}
