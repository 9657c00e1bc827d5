/**
 * Refusals of requests that cannot be processed.
 *
 * @module
 */

import { PeerError, ProtocolError, RequestError } from "../formats/errors.ts";
import type { LimitHits, Limits } from "../limits.ts";
import { reason } from "../text.ts";

/** The error for the client if the server itself fails. */
const SERVER_FAULT = new ProtocolError(
  "The server failed to process the request",
);

/** All refusals on one connection. */
export class Refusals {
  #maxInRow: number;
  #limitHits: LimitHits;
  #report: (line: string) => void;
  #inRow = 0;
  #isFinal = false;

  /** Each refusal is reported with `report`. If a limit caused it, `limitHits` counts it. */
  constructor(
    { limits, limitHits }: { limits: Readonly<Limits>; limitHits: LimitHits },
    report: (line: string) => void,
  ) {
    this.#maxInRow = limits.maxInvalidInRow;
    this.#limitHits = limitHits;
    this.#report = report;
  }

  /** Whether a refusal was the last answer on the connection. */
  get isFinal(): boolean {
    return this.#isFinal;
  }

  /** Notes a valid request, which ends a row of invalid ones. */
  endRow(): void {
    this.#inRow = 0;
  }

  /** Reports and counts an error. Returns the error for the client. */
  refuse(error: unknown): PeerError {
    if (error instanceof PeerError && error.limit) {
      this.#limitHits[error.limit]++;
    }
    if (error instanceof RequestError) {
      this.#report(`invalid request: ${error.message}`);
      if (++this.#inRow < this.#maxInRow) return error;
      this.#limitHits.maxInvalidInRow++;
      const row = `${this.#inRow} invalid requests in a row`;
      this.#report(`closed: ${row} (maxInvalidInRow)`);
    } else if (error instanceof PeerError) {
      const limit = error.limit ? ` (${error.limit})` : "";
      this.#report(`refused: ${error.message}${limit}`);
    } else {
      this.#report(`handler failed: ${reason(error)}`);
    }
    this.#isFinal = true;
    return error instanceof PeerError ? error : SERVER_FAULT;
  }
}
