/**
 * Refusals: the answers to requests that cannot be processed.
 *
 * @module
 */

import { PeerError, RequestError } from "../formats/errors.ts";
import type { MessageMap } from "../formats/format.ts";
import type { LimitHits, Limits } from "../limits.ts";
import { reason } from "../text.ts";

/** The answer to a request or a client that is refused. */
export class Refusal {
  /** What the client is told. */
  readonly response: MessageMap;

  /** Tells the client what is wrong. */
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

  /** Each refusal is reported. If it is for a limit, it is counted in `limitHits`. */
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

  /** Refuses a request because of an error. */
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

/** What the client is told. It learns nothing about a fault of the server. */
function messageFor(error: unknown): string {
  return error instanceof PeerError
    ? error.message
    : "The server failed to process the request";
}
