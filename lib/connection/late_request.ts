/**
 * The error for a request that is not complete in time.
 *
 * @module
 */

import { ProtocolError } from "../formats/errors.ts";

/** Returns the error. In a format whose messages end with `ending`, it says so. */
export function lateRequest(seconds: number, ending?: string): ProtocolError {
  const end = ending === undefined ? "" : `: it ends with ${ending}`;
  const why = `A request must be complete within ${seconds} s${end}`;
  return new ProtocolError(why, { limit: "requestTimeout" });
}
