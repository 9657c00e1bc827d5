/**
 * What a program says when it fails.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";
import type { Program } from "./program.ts";

/** Characters of a complaint that are shown. */
const COMPLAINT = 300;

/** How a program ended, with what it complained about last. */
export function exitOf({ code, stderr }: Program): string {
  const last = complaintOf(stderr.text);
  return `with exit code ${code}${last ? `: ${last}` : ""}`;
}

/** The line that says most about what a program complained about: its last error, or what it said last. */
export function complaintOf(stderr: string): string {
  // Where our copy of the folder is, is no help.
  const lines = stderr.replace(/[^\s"']*rollcall-grade-[^/]*\/program\//g, "")
    .trim().split("\n").map((line) => escape(line).trim());
  const at = lines.findLastIndex((line) => /error|exception/i.test(line));
  const place = lines.slice(0, at + 1)
    .findLast((line) => /^File ".*", line \d+/.test(line));
  const says = lines.at(at)!; // the last one, where there is no error
  return (place ? `${says} (${place})` : says).slice(0, COMPLAINT);
}
