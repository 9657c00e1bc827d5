/**
 * What a request for a student is answered.
 *
 * @module
 */

import type { Message } from "../formats/format.ts";
import type { Student } from "./student.ts";

/** The response to a request that was recorded. */
export const ACKNOWLEDGED = 1;
/** The response to a request that there was no room for. */
export const FULL = { error: "The roster is full" };

/** The responses of a batch, with a refusal for each of its students that was not recorded. */
export function refuseOthers(
  responses: readonly Message[],
  students: readonly Student[],
  recorded: readonly Student[],
): Message[] {
  const kept = new Set(recorded);
  const next = students.values();
  return responses.map((response) =>
    response !== ACKNOWLEDGED || kept.has(next.next().value!) ? response : FULL
  );
}
