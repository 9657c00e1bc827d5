/**
 * The lab's request: a student.
 *
 * @module
 */

import { escapeAndCut, isPlain } from "../text.ts";
import { describe } from "../formats/describe.ts";
import { ProtocolError, RequestError } from "../formats/errors.ts";
import type { Message, MessageMap } from "../formats/format.ts";
import { isMessageMap } from "../formats/format.ts";

/** The response to a student who was recorded. */
export const ACKNOWLEDGED = 1;

/** A student's number: an integer or text, or `None` if the client gives none. */
export type Sid = number | bigint | string | null;

/** A student, as in the request. It may have further keys, which are not kept. */
export interface Student extends MessageMap {
  /** The full name. */
  student_name: string | null;
  /** The account's name. */
  github_username: string | null;
  /** The student's number. */
  sid: Sid;
}

/**
 * Returns the request as a student. A field may be `None`, as in the lab's
 * unfinished clients.
 *
 * @throws {ProtocolError} If the request is not a dict.
 * @throws {RequestError} If a key is not text, or a field is missing or has the
 * wrong type.
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

/** A field is missing, or has the wrong type. */
export class FieldError extends RequestError {
  /** The field's name. */
  readonly field: string;
  /** Whether it is missing. */
  readonly isMissing: boolean;

  /** Makes an error about a field. */
  constructor(message: string, field: string, isMissing: boolean) {
    super(message);
    this.field = field;
    this.isMissing = isMissing;
  }
}

/** Throws if a field is missing, or is neither `None` nor of the expected type. */
function check(
  field: string,
  value: Message | undefined,
  fits: boolean,
  expected: string,
): void {
  if (fits || value === null) return;
  const isMissing = value === undefined;
  const why = isMissing
    ? `${field} is missing: it must be ${expected}`
    : `${field} must be ${expected}, not ${describe(value)}`;
  throw new FieldError(why, field, isMissing);
}

function isText(value: Message | undefined): boolean {
  return typeof value === "string";
}

function isSid(value: Message | undefined): boolean {
  return typeof value === "string" || typeof value === "bigint" ||
    Number.isSafeInteger(value);
}

/** The most characters of a field that are printed: all that the lab reads at once. */
const LONGEST = 4096;
/** The same if they are not all plain ASCII: to check these takes long. */
const LONGEST_UNUSUAL = 512;
/** The same on a screen that others see. */
const LONGEST_MASKED = 60;

/** Returns the line that the lab prints for a student. */
export function connectedLine(student: Student): string {
  return lineOf(student, student.sid, LONGEST);
}

/**
 * Returns the same line, but with only the last two digits of the student's
 * number, and shorter, for a screen that others see.
 */
export function maskedLine(student: Student): string {
  const { sid } = student;
  const masked = sid === null ? sid : String(sid).replace(/.(?=..)/gsu, "*");
  return lineOf(student, masked, LONGEST_MASKED);
}

function lineOf(
  { student_name, github_username }: Student,
  sid: Sid,
  longest: number,
): string {
  const [name, user, number] = [student_name, github_username, sid].map((it) =>
    typeof it === "string" || typeof it === "bigint"
      ? shown(String(it), longest)
      : String(it ?? "None")
  );
  return `Connected: Student: ${name}, Github Username: ${user}, sid: ${number}`;
}

function shown(text: string, longest: number): string {
  const most = isPlain(text) ? longest : Math.min(longest, LONGEST_UNUSUAL);
  return escapeAndCut(text, most);
}
