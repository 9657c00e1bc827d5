/**
 * Why requests were refused, in words that may stand on a projector.
 *
 * @module
 */

import { PeerError, ProtocolError, RequestError } from "../formats/errors.ts";
import { FieldError } from "../students/student.ts";
import { cutToKeep } from "../text.ts";

/** A reason, and how often it was the reason. */
export type Counted = readonly [reason: string, count: number];

/** The reasons that are told apart. The others count as one. */
const MOST = 20;
const OTHER = "another reason";
const LONGEST = 80;

/** Counts reasons. */
export class Reasons {
  #counts = new Map<string, number>();
  #total = 0;

  /** How many refusals there were. */
  get total(): number {
    return this.#total;
  }

  /** Counts a refusal. */
  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < MOST;
    const counted = known ? reason : OTHER;
    this.#counts.set(counted, 1 + (this.#counts.get(counted) ?? 0));
    this.#total++;
  }

  /** Returns the `count` most frequent reasons, the first one first. */
  top(count: number): readonly Counted[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a).slice(0, count);
  }
}

/** Returns the reason for which a roster refused a student. A store's own words may say where it is. */
export function rosterReasonOf(refused: string): string {
  return /^The roster cannot record you now/.test(refused)
    ? "the roster cannot record now"
    : cutToKeep(refused, LONGEST);
}

/**
 * Returns the reason of a refusal. It names the field, but shows nothing that the
 * client sent: an error's message may quote it.
 */
export function reasonOf(error: Error): string {
  if (error instanceof FieldError) {
    const { field, isMissing } = error;
    return `${field} ${isMissing ? "is missing" : "has the wrong type"}`;
  }
  if (error instanceof PeerError && error.limit) {
    return `over the limit ${error.limit}`;
  }
  if (error instanceof ProtocolError && error.looksLike) {
    return `the message looks like ${error.looksLike}`;
  }
  if (error instanceof RequestError) return cutToKeep(error.message, LONGEST);
  return /^A request must be a dict/.test(error.message)
    ? "the request is not a dict"
    : "the message cannot be read";
}
