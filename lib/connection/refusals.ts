/**
 * Refusals of requests that cannot be processed.
 *
 * @module
 */

import type { CloseReason } from "../events.ts";
import { PeerError, ProtocolError, RequestError } from "../formats/errors.ts";
import type { LimitHits, LimitName, Limits } from "../limits.ts";
import { reason } from "../text.ts";

/** The error for the client if the server itself fails. */
const SERVER_FAULT = new ProtocolError(
  "The server failed to process the request",
);

/** All refusals on one connection. */
export class Refusals {
  #maxInRow: number;
  #limitHits: LimitHits;
  #report: (line: string, limit?: LimitName) => void;
  #inRow = 0;
  #closeReason: CloseReason | undefined;

  /** Each refusal is reported with `report`. If a limit caused it, `limitHits` counts it. */
  constructor(
    { limits, limitHits }: { limits: Readonly<Limits>; limitHits: LimitHits },
    report: (line: string, limit?: LimitName) => void,
  ) {
    this.#maxInRow = limits.maxInvalidInRow;
    this.#limitHits = limitHits;
    this.#report = report;
  }

  /** Why the connection will be closed, if a refusal was its last answer. */
  get closeReason(): CloseReason | undefined {
    return this.#closeReason;
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
      if (++this.#inRow !== this.#maxInRow) return error; // 0: no limit
      this.#limitHits.maxInvalidInRow++;
      const row = `${this.#inRow} invalid requests in a row`;
      this.#report(`closed: ${row} (maxInvalidInRow)`, "maxInvalidInRow");
      this.#closeReason = "maxInvalidInRow";
    } else if (error instanceof PeerError) {
      const limit = error.limit ? ` (${error.limit})` : "";
      this.#report(`refused: ${error.message}${limit}`, error.limit);
      this.#closeReason = error.limit;
    } else {
      this.#report(`handler failed: ${reason(error)}`);
      this.#closeReason = "failed";
    }
    this.#closeReason ??= "refused";
    return error instanceof PeerError ? error : SERVER_FAULT;
  }
}
