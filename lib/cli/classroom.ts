/**
 * What `server --classroom` reports at its end.
 *
 * @module
 */

import type { ClassState } from "../board/class_state.ts";
import { counted } from "../text.ts";

/** The reasons for refusals that are named. */
const NAMED = 3;

/** Returns how the class went, and where its roster is. */
export function classSummary(
  { roster, clients, reasons }: ClassState,
  address: string | undefined,
): string[] {
  const without = clients.endedWithoutStudent + clients.connectedWithoutStudent;
  const refused = reasons.top(NAMED).map(([why, count]) => `${why} (${count})`);
  return [
    `${counted(roster.size, "student")} passed. ` +
    `${counted(without, "connection")} brought no student`,
    refused.length > 0
      ? `Refused most: ${refused.join(", ")}`
      : "No request was refused",
    address === undefined
      ? "The roster was in memory, and is gone. --roster data/class.db keeps it"
      : `The roster is ${address}: deno task roster ${address} lists it`,
  ];
}
