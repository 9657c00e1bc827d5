/**
 * The lab's request: a student.
 *
 * @module
 */

import { escapeAndCut, isPlain } from "../text.ts";
import { describe } from "../formats/describe.ts";
import { ProtocolError, RequestError } from "../formats/errors.ts";
import { type Lookalike, lookalike } from "../formats/lookalike.ts";
import { foundKeys } from "./found_keys.ts";
import type { Message, MessageMap } from "../formats/format.ts";
import { isMessageMap } from "../formats/format.ts";
import { masked, withoutNumbers } from "./mask.ts";

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

/** The function of Python that makes a message of each format. */
const DUMPS: Readonly<Record<string, string>> = {
  pickle: "pickle.dumps",
  json: "json.dumps",
};

/** Returns a function that reads requests in the format of this server. */
export function toStudentFor(
  { wire }: { wire: { name: string } },
): (request: Message) => Student {
  return (request) => toStudent(request, wire.name);
}

/**
 * Returns the request as a student. A field may be `None`, as in the lab's
 * unfinished clients. `wire` names the format, for the advice in an error.
 *
 * @throws {ProtocolError} If the request is not a dict.
 * @throws {RequestError} If a key is not text, or a field is missing or has the
 * wrong type.
 */
export function toStudent(request: Message, wire = "pickle"): Student {
  if (!isMessageMap(request)) throw notADict(request, DUMPS[wire]);
  const { student_name, github_username, sid } = request;
  check("student_name", request, isText(student_name), "text or None");
  check("github_username", request, isText(github_username), "text or None");
  check("sid", request, isSid(sid), "an integer, text or None");
  return request as Student;
}

/** Returns an error about a request that is not a dict whose keys are text. */
function notADict(request: Message, dumps: string | undefined): Error {
  if (request instanceof Map) {
    const other = [...request.keys()].find((key) => typeof key !== "string");
    return new RequestError(
      `A request's keys must all be text, not ${describe(other)}`,
      { about: nameIn({ student_name: request.get("student_name") ?? null }) },
    );
  }
  const inner = Array.isArray(request) ? request.find(isMessageMap) : undefined;
  return new ProtocolError(
    `A request must be a dict, not ${describe(request)}` +
      advice(request, dumps),
    { about: inner && nameIn(inner) },
  );
}

/** A field is missing, or has the wrong type. */
export class FieldError extends RequestError {
  /** The field's name. */
  readonly field: string;
  /** Whether it is missing. */
  readonly isMissing: boolean;

  /** Makes an error about a field. `about` is the name in the request. */
  constructor(
    message: string,
    field: string,
    isMissing: boolean,
    about?: string,
  ) {
    super(message, { about });
    this.field = field;
    this.isMissing = isMissing;
  }
}

/** Returns the name in a request, if it has one. */
export function nameIn({ student_name }: MessageMap): string | undefined {
  return typeof student_name === "string" && student_name !== ""
    ? student_name
    : undefined;
}

/** How many bytes or characters of a request that is not a dict are looked at. */
const HEAD = 64;

/** What text looks like that holds a pickle. */
const ENCODED: readonly Lookalike[] = [
  "bytes as text",
  "a pickle in base64",
  "a pickle in hexadecimal",
];

/**
 * Says, after the kind of a request that is not a dict, what its sender has probably
 * done. `dumps` is the function that encodes a message, if it is known.
 */
function advice(request: Message, dumps: string | undefined): string {
  if (request === null) {
    return ": is there a return in the function that makes the dict?";
  }
  if (typeof request === "number" || typeof request === "bigint") {
    return ": if it is the length of the dict, leave it out";
  }
  if (Array.isArray(request)) return among(request, dumps);
  if (request instanceof Uint8Array) {
    const isTwice = lookalike(request, 0, HEAD) === "a pickle";
    return isTwice ? " that hold a pickle: was pickle.dumps called twice?" : "";
  }
  if (typeof request !== "string") return "";
  const head = new TextEncoder().encode(request.slice(0, HEAD));
  const looksLike = lookalike(head, 0, head.length);
  if (looksLike === "JSON") return holdsOne(dumps, "json.dumps(d)");
  if (looksLike === "a dict as text") return holdsOne(dumps, "str(d)");
  return looksLike !== undefined && ENCODED.includes(looksLike)
    ? " that holds a pickle: was it made with pickle.dumps twice?"
    : "";
}

/** Says that a list holds requests, if it does. */
function among(
  request: readonly Message[],
  dumps: string | undefined,
): string {
  if (!request.some(isMessageMap)) return "";
  if (request.length === 1) {
    return holdsOne(dumps, Object.isFrozen(request) ? "(d,)" : "[d]");
  }
  const alone = dumps ? `with its own ${dumps}` : "as a message of its own";
  return ` that holds dicts: send each ${alone}`;
}

/** Says that a request holds a dict, and was made of `given`. The dict is `d`. */
function holdsOne(dumps: string | undefined, given: string): string {
  const send = dumps
    ? `send ${dumps}(d), not ${dumps}(${given})`
    : "send the dict alone";
  return ` that holds one: ${send}`;
}

/** Throws if a field is missing, or is neither `None` nor of the expected type. */
function check(
  field: string,
  request: MessageMap,
  fits: boolean,
  expected: string,
): void {
  if (fits || request[field] === null) return;
  const value: Message | undefined = request[field];
  const isMissing = value === undefined;
  const why = isMissing
    ? `${field} is missing (${foundKeys(field, Object.keys(request))})`
    : `${field} must be ${expected}, not ${describe(value)}`;
  throw new FieldError(why, field, isMissing, likelyName(request));
}

/** The most keys of a request that are looked at. */
const MOST_KEYS = 100;

/** Returns the name in a request, also if its key is another one, as `name`. */
function likelyName(request: MessageMap): string | undefined {
  const keys = Object.keys(request).slice(0, MOST_KEYS)
    .filter((key) => /name/i.test(key) && !/user|git/i.test(key));
  return ["student_name", ...keys]
    .map((key) => nameIn({ student_name: request[key] ?? null }))
    .find((name) => name !== undefined);
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

/** Returns the same line, but masked and shorter, for a screen that others see. */
export function maskedLine(student: Student): string {
  const { sid } = student;
  const number = sid === null ? null : masked(String(sid));
  const [student_name, github_username] = [
    student.student_name,
    student.github_username,
  ].map((it) => it && withoutNumbers(it, LONGEST_MASKED));
  const shown = { ...student, student_name, github_username };
  return lineOf(shown, number, LONGEST_MASKED);
}

function lineOf(
  { student_name, github_username }: Student,
  sid: Sid,
  longest: number,
): string {
  const name = shown(student_name, longest);
  const user = shown(github_username, longest);
  const number = shown(sid, longest);
  return `Connected: Student: ${name}, Github Username: ${user}, sid: ${number}`;
}

function shown(value: Sid, longest: number): string {
  const text = String(value ?? "None");
  if (typeof value === "string" && !isPlain(text)) {
    return escapeAndCut(text, Math.min(longest, LONGEST_UNUSUAL));
  }
  return text.length <= longest ? text : escapeAndCut(text, longest);
}
