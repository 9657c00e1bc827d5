/**
 * Refusals: the answers to requests that cannot be processed.
 *
 * @module
 */

import { PeerError, RequestError } from "../formats/errors.ts";
import type { MessageMap } from "../formats/format.ts";
import type { LimitHits, Limits } from "../limits.ts";
import { reason } from "../text.ts";

/** The answer to a refused request or client. */
export class Refusal {
  /** The message for the client. */
  readonly response: MessageMap;

  /** Creates a refusal whose message says what is wrong. */
  constructor(error: string) {
    this.response = { error };
  }
}

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

  /** Reports and counts an error. Returns the refusal to send. */
  refuse(error: unknown): Refusal {
    if (error instanceof PeerError && error.limit) {
      this.#limitHits[error.limit]++;
    }
    if (error instanceof RequestError) {
      this.#report(`invalid request: ${error.message}`);
      if (++this.#inRow < this.#maxInRow) return new Refusal(error.message);
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
    return new Refusal(messageFor(error));
  }
}

/** Returns the error text for the client. It hides faults of the server. */
function messageFor(error: unknown): string {
  return error instanceof PeerError
    ? error.message
    : "The server failed to process the request";
}
