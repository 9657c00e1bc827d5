/**
 * The two streams of a command-line program: results on stdout, the rest on stderr.
 *
 * @module
 */

import type { LimitCounts, Limits } from "../limits.ts";
import { counted, reason } from "./escape.ts";
import { LineWriter } from "./line_writer.ts";

/** Lines on stderr, each with the time of day. If nobody reads them, nobody is told. */
const stderr = new LineWriter(
  Deno.stderr,
  (count) =>
    report(
      `${counted(count, "line")} not shown on stderr: not taken in time`,
    ),
  () => {},
);

/** Lines on stdout. */
const stdout = new LineWriter(
  Deno.stdout,
  (count) =>
    report(
      `${counted(count, "line")} not shown on stdout: not taken in time`,
    ),
  (error) => report(`Nothing more is shown on stdout: ${reason(error)}`),
);

/** Prints results, a line each. */
export function print(lines: readonly string[]): void {
  stdout.print(lines);
}

/** Prints results for a server with these limits, and counts the lines that are dropped. */
export function printer(
  { maxWaitingOutput }: Limits,
  reached: LimitCounts,
): typeof print {
  return (lines) => {
    reached.maxWaitingOutput += stdout.print(lines, maxWaitingOutput);
  };
}

/** Reports one thing that somebody may want to know, with the time. */
export function report(line: string): void {
  const now = new Date(performance.timeOrigin + performance.now());
  complain(`${now.toTimeString().slice(0, 8)} ${line}`);
}

/** Tells the user why a program ends, without the time. */
export function complain(line: string): void {
  stderr.print([line]);
}

/** Waits until what was printed is out, but not for a reader who does not read. */
export async function flush(): Promise<void> {
  await stdout.flush(1000);
  if (stdout.unshown > 0) {
    report(`${counted(stdout.unshown, "line")} not shown on stdout at the end`);
  }
  await stderr.flush(1000);
}
