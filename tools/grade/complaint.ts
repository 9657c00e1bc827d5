/**
 * The errors that a program prints.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import type { Program } from "./program.ts";
import { linesOf } from "./output.ts";
import { COPY } from "./workplace.ts";

/** How many characters of an error, and of each line of output, are looked at. */
const COMPLAINT = 300;
const LINE = 2000;
/** What a line with an error contains, in lower case. */
const SIGNS = ["error", "exception", "errno"];
/** The line before the frames of an error in Python. */
const TRACE = "Traceback (most recent call last)";

/** Where a program says what went wrong. */
export interface Complaint {
  text: string;
  on: "stderr" | "stdout";
}

/** Describes how a program ended, with its last error. */
export function exitOf(program: Program): string {
  const { text } = complaintOf(program);
  return `with exit code ${program.code}${text ? `: ${text}` : ""}`;
}

/** Returns the last error that a program printed. Some programs catch their errors and print them to stdout. */
export function complaintOf({ stdout, stderr }: Program): Complaint {
  const error = lastError(stderr.end);
  if (error) return { text: error, on: "stderr" };
  const printed = lastError(stdout.end);
  if (printed) return { text: printed, on: "stdout" };
  const lines = linesOf(stderr.end.trimEnd());
  return { text: shown(lines.at(-1)!), on: "stderr" };
}

/** Returns the last line with an error, and the place in the student's own folder that it names. Empty if there is none. */
export function lastError(output: string): string {
  const lines = linesOf(output).map((line) => line.slice(0, LINE).trim());
  const at = lines.findLastIndex((line) => {
    const lower = line.toLowerCase();
    return !isFrame(line) && SIGNS.some((sign) => lower.includes(sign));
  });
  if (at < 0) return "";
  const begin = lines.slice(0, at).findLastIndex((it) => it.includes(TRACE));
  const frames = lines.slice(begin + 1, at).filter(isFrame);
  // The last frame may be in Python's own library.
  const frame = frames.findLast(isOwn) ?? frames.at(-1);
  const place = frame && begin >= 0 ? ` (${withoutCopy(frame)})` : "";
  return shown(lines[at], COMPLAINT - place.length) + place;
}

function isFrame(line: string): boolean {
  return line.startsWith('File "') && line.includes('", line ');
}

/** Whether a frame is in the program's folder, of which we made a copy. */
function isOwn(frame: string): boolean {
  const path = frame.slice('File "'.length);
  return path.includes(COPY) || !(path.startsWith("/") || path.startsWith("<"));
}

function shown(line: string, longest = COMPLAINT): string {
  return escape(withoutCopy(line).slice(0, longest)).slice(0, longest);
}

/** Removes the path of our copy of the folder, which helps no reader. */
function withoutCopy(line: string): string {
  const [first, ...rest] = line.split(COPY);
  const end = "/program/";
  return rest.reduce((before, part) => {
    const at = part.indexOf(end);
    if (at < 0 || part.lastIndexOf("/", at - 1) >= 0) {
      return before + COPY + part;
    }
    // The path begins after the last space or quote.
    const begin = Math.max(...[..." \"'"].map((it) => before.lastIndexOf(it)));
    return before.slice(0, begin + 1) + part.slice(at + end.length);
  }, first);
}
