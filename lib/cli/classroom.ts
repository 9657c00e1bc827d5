/**
 * What `server --classroom` reports at its end.
 *
 * @module
 */

import type { ClassState } from "../board/class_state.ts";
import { counted } from "../text.ts";

/** The reasons for refusals that are named. */
const NAMED = 3;

/** Returns how this run went, and what the roster has. */
export function classSummary(
  { clients, reasons, passedBefore, passed }: ClassState,
  address: string | undefined,
): string[] {
  const without = clients.endedWithoutStudent + clients.connectedWithoutStudent;
  const refused = reasons.top(NAMED).map(([why, count]) => `${why} (${count})`);
  const added = Math.max(0, passed - passedBefore); // --forget may have deleted some
  const first = passedBefore > 0 ? " for the first time" : "";
  return [
    `In this run: ${counted(added, "student")} passed${first}, ` +
    `${counted(without, "connection")} brought no student`,
    refused.length > 0
      ? `In this run, refused most: ${refused.join(", ")}`
      : "In this run, no request was refused",
    address === undefined
      ? "The roster was in memory, and is gone. --roster data/class.db keeps it"
      : `In all, ${counted(passed, "student")} passed: ` +
        `deno task roster ${address} lists them`,
  ];
}
