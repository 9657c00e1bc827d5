/**
 * The errors that a program prints.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import type { Program } from "./program.ts";

/** How many characters of an error are shown. */
const COMPLAINT = 300;

/** Describes how a program ended, with its last error. */
export function exitOf({ code, stderr }: Program): string {
  const last = complaintOf(stderr.text);
  return `with exit code ${code}${last ? `: ${last}` : ""}`;
}

/** Returns the most useful line of stderr: the last error, or else the last line. */
export function complaintOf(stderr: string): string {
  // Remove the path of our copy of the folder, which helps no reader.
  const lines = stderr.replace(/[^\s"']*rollcall-grade-[^/]*\/program\//g, "")
    .trim().split("\n").map((line) => escape(line.trim()));
  const at = lines.findLastIndex((line) => /error|exception/i.test(line));
  const place = lines.slice(0, at + 1)
    .findLast((line) => /^File ".*", line \d+/.test(line));
  const says = lines.at(at)!; // the last line if there is no error
  return (place ? `${says} (${place})` : says).slice(0, COMPLAINT);
}
