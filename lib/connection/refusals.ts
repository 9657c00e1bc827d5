/**
 * Answering what cannot be processed.
 *
 * @module
 */

import { reason } from "../text.ts";
import type { LimitCounts, Limits } from "../limits.ts";
import { PeerError, RequestError } from "../formats/errors.ts";
import type { MessageMap } from "../formats/format.ts";

/** The refusals on one connection. After the final one the connection ends. */
export class Refusals {
  #maxInRow: number;
  #reached: LimitCounts;
  #report: (line: string) => void;
  #inRow = 0;
  #final = false;

  /**
   * Each refusal is reported, and counted in `reached` if it is for a limit.
   */
  constructor(
    { limits, reached }: { limits: Readonly<Limits>; reached: LimitCounts },
    report: (line: string) => void,
  ) {
    this.#maxInRow = limits.maxInvalidInRow;
    this.#reached = reached;
    this.#report = report;
  }

  /** Whether the connection must end. */
  get final(): boolean {
    return this.#final;
  }

  /** Notes a valid request: the invalid ones before it are no row any more. */
  endRow(): void {
    this.#inRow = 0;
  }

  /** The response to a request that failed with `error`. */
  response(error: unknown): MessageMap {
    if (error instanceof PeerError && error.limit) this.#reached[error.limit]++;
    if (error instanceof RequestError) {
      this.#report(`invalid request: ${error.message}`);
      if (++this.#inRow < this.#maxInRow) return { error: error.message };
      this.#reached.maxInvalidInRow++;
      const row = `${this.#inRow} invalid requests in a row`;
      this.#report(`closed: ${row} (maxInvalidInRow)`);
    } else if (error instanceof PeerError) {
      const limit = error.limit ? ` (${error.limit})` : "";
      this.#report(`refused: ${error.message}${limit}`);
    } else {
      this.#report(`handler failed: ${reason(error)}`);
    }
    this.#final = true;
    return { error: answerable(error) };
  }
}

/** What the client is told: of a fault of ours, no more than that it was one. */
function answerable(error: unknown): string {
  return error instanceof PeerError
    ? error.message
    : "The server failed to process the request";
}
