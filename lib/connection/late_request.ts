/**
 * The error for a request that is not complete in time.
 *
 * @module
 */

import { ProtocolError } from "../formats/errors.ts";

/**
 * Returns the error. It says what the request looks like, if there is a hint, or else
 * that a message ends with `ending`, in a format where it does.
 */
export function lateRequest(
  seconds: number,
  ending: string | undefined,
  hint: string | undefined,
): ProtocolError {
  const more = hint ?? (ending && `it ends with ${ending}`);
  const why = `A request must be complete within ${seconds} s` +
    (more ? `: ${more}` : "");
  return new ProtocolError(why, { limit: "requestTimeout" });
}
