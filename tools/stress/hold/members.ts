/**
 * The members of a room, and what they hear.
 *
 * @module
 */

/** How many members read. */
export const MEMBERS = 1000;
/** How many of the members write. */
export const WRITERS = 10;
/** How many messages they write in all. */
export const MESSAGES = 10_000;

/** The length of a message with its newline, so that no parsing is needed. */
export const LENGTH = 512;

/** What the members heard. */
export interface Heard {
  /** How many messages they received in all. */
  received: number;
  /** How many of these came out of order, or twice. */
  wrong: number;
  /** The p99 of each member's latencies, in milliseconds. */
  p99: number[];
  /** How long it took, in seconds. */
  seconds: number;
}
