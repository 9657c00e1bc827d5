/**
 * The work of looking up the keys of sets and dicts.
 *
 * The engine's hash of a text has a secret, but its hash of a number is
 * predictable: a client can choose numbers that collide, and then each look-up
 * compares the key with all others. So the work is counted before it is done, as
 * if all numbers collided.
 *
 * @module
 */

import type { Message } from "../format.ts";
import { brokenPickle } from "./values.ts";

/** The most comparisons of one message. They take about 2 ms. */
const MOST_STEPS = 1_048_576;
/** How much longer it takes to compare long integers than numbers. */
const LONG_INTEGER = 16;
/** The engine hashes such a text as a number. */
const INDEX = /^\d/;

/** Counts the comparisons that the keys of one message may take. */
export class KeyWork {
  #steps = 0;

  /**
   * Counts looking up a key among `size` others.
   *
   * @throws {ProtocolError} If the message takes too many comparisons.
   */
  count(key: Message, size: number): void {
    this.#steps += factorOf(key) * size;
    if (this.#steps <= MOST_STEPS) return;
    throw brokenPickle("its sets and dicts have too many numbers as keys");
  }

  /** Gets ready for the next message. */
  reset(): void {
    this.#steps = 0;
  }
}

/** Returns how long it takes to compare a key with one that collides; 0 if that cannot be foreseen. */
function factorOf(key: Message): number {
  if (typeof key === "bigint") return LONG_INTEGER;
  return typeof key === "number" || (typeof key === "string" && INDEX.test(key))
    ? 1
    : 0;
}
