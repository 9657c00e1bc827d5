/**
 * Why requests were refused, in words that may stand on a projector.
 *
 * @module
 */

import { PeerError, ProtocolError, RequestError } from "../formats/errors.ts";
import type { LimitName } from "../limits.ts";
import { withoutNumbers } from "../students/mask.ts";
import { FieldError } from "../students/student.ts";
import { cutToKeep } from "../text.ts";

/** A reason, and how often it was the reason. */
export type Counted = readonly [reason: string, count: number];

/** The reasons that are told apart. The others count as one. */
const MOST = 20;
const OTHER = "another reason";
const LONGEST = 80;

/** What a client did that reached a limit. */
const BEYOND: Readonly<Partial<Record<LimitName, string>>> = {
  maxRequestBytes: "a message is too long",
  maxDepth: "a message is nested too deeply",
  maxItems: "a message has too many parts",
  maxUnfinishedBytes: "too many unfinished messages",
  requestTimeout: "a message never ended",
  firstRequestTimeout: "no request came",
  idleTimeout: "nothing came for too long",
  softQueuedBytes: "the answers were not read",
  queueTimeout: "the answers were not read",
  maxQueuedBytes: "the answers were not read",
  maxClients: "the server is full",
  maxClientsPerAddress: "too many clients from one address",
  maxInvalidInRow: "too many wrong requests",
  maxInvalid: "too many wrong requests",
};

/** What is wrong with a message that is not a dict, by what its error says. */
const SAID: readonly (readonly [RegExp, string])[] = [
  [/a class or function|an object of a class/, "an object of a class was sent"],
  [/called twice|pickle\.dumps twice/, "pickle.dumps was called twice"],
  [/^A request must be a dict/, "the request is not a dict"],
];

/** Counts reasons. */
export class Reasons {
  #counts = new Map<string, number>();
  #total = 0;

  /** How many refusals there were. */
  get total(): number {
    return this.#total;
  }

  /** Counts a refusal. */
  add(text: string): void {
    const reason = withoutNumbers(text, LONGEST);
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
  if (/^The roster cannot record you now/.test(refused)) {
    return "the roster cannot record now";
  }
  return /too many new students/i.test(refused)
    ? "too many new students in a minute"
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
  if (error instanceof ProtocolError && error.looksLike) {
    return `the message looks like ${error.looksLike}`;
  }
  if (error instanceof PeerError && error.limit) {
    return BEYOND[error.limit] ?? `over the limit ${error.limit}`;
  }
  if (error instanceof RequestError) return cutToKeep(error.message, LONGEST);
  const said = SAID.find(([pattern]) => pattern.test(error.message));
  return said?.[1] ?? "the message cannot be read";
}
