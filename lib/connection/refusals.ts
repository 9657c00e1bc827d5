/**
 * Refusals of requests that cannot be processed.
 *
 * @module
 */

import type { CloseReason } from "../events.ts";
import { PeerError, ProtocolError, RequestError } from "../formats/errors.ts";
import type { LimitHits, LimitName, Limits } from "../limits.ts";
import { reason } from "../text.ts";
import type { Report } from "./handler_server.ts";

/** The error for the client if the server itself fails. */
const SERVER_FAULT = new ProtocolError(
  "The server failed to process the request",
);

/** How many invalid requests of one client are reported. The others are only counted. */
const REPORTED = 3;

/** The error for the client, and its consequence. */
export interface Refused {
  /** The error for the client. */
  refused: PeerError;
  /** Why the connection closes afterwards, if it does. */
  closeReason?: CloseReason;
}

/** All refusals on one connection. */
export class Refusals {
  #limits: Readonly<Limits>;
  #limitHits: LimitHits;
  #report: Report;
  #inRow = 0;
  #invalid = 0;

  /** Each refusal is reported with `report`. If a limit caused it, `limitHits` counts it. */
  constructor(
    { limits, limitHits }: { limits: Readonly<Limits>; limitHits: LimitHits },
    report: Report,
  ) {
    this.#limits = limits;
    this.#limitHits = limitHits;
    this.#report = report;
  }

  /** How many requests were invalid. */
  get invalid(): number {
    return this.#invalid;
  }

  /** How many invalid requests were not reported. */
  get unreported(): number {
    return Math.max(0, this.#invalid - REPORTED);
  }

  /** Notes a valid request, which ends a row of invalid ones. */
  endRow(): void {
    this.#inRow = 0;
  }

  /** Reports and counts an error. Returns the error for the client. */
  refuse(error: unknown): Refused {
    if (error instanceof PeerError && error.limit) {
      this.#limitHits[error.limit]++;
    }
    if (error instanceof RequestError) {
      if (this.#invalid < REPORTED) {
        const line = `invalid request: ${error.message}`;
        this.#report(line, error.about ? { name: error.about } : {});
      }
      return { refused: error, closeReason: this.#countInvalid() };
    }
    if (error instanceof PeerError) {
      const limit = error.limit ? ` (${error.limit})` : "";
      this.#report(`refused: ${error.message}${limit}`, {
        limit: error.limit,
      });
      return { refused: error, closeReason: error.limit ?? "refused" };
    }
    this.#report(`handler failed: ${reason(error)}`, { error });
    return { refused: SERVER_FAULT, closeReason: "failed" };
  }

  /** Counts an invalid request. Returns the limit that it reaches, if any. 0 is no limit. */
  #countInvalid(): LimitName | undefined {
    const { maxInvalidInRow, maxInvalid } = this.#limits;
    this.#invalid++;
    const limit = ++this.#inRow === maxInvalidInRow
      ? "maxInvalidInRow"
      : this.#invalid === maxInvalid
      ? "maxInvalid"
      : undefined;
    if (!limit) return undefined;
    this.#limitHits[limit]++;
    const requests = limit === "maxInvalid"
      ? `${this.#invalid} invalid requests`
      : `${this.#inRow} invalid requests in a row`;
    this.#report(`closed: ${requests} (${limit})`, { limit });
    return limit;
  }
}
