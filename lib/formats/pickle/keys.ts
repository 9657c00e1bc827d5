/**
 * The keys of sets and dicts, and the work of looking them up.
 *
 * The engine's hash of a text has a secret, but its hash of a number is
 * predictable: a client can choose numbers that collide, and then each look-up
 * compares the key with all others. So the work is counted before it is done, as
 * if all numbers collided.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { Message } from "../format.ts";
import { contents, tooDeep } from "./measure.ts";
import { brokenPickle } from "./values.ts";

/** The most comparisons of one message. They take about 2 ms. */
const MOST_STEPS = 1_048_576;
/** How much longer it takes to compare long integers than numbers. */
const LONG_INTEGER = 16;
/** The engine hashes such a text as a number. */
const INDEX = /^\d/;

/** Checks the keys of one message. */
export class Keys {
  #limits: MessageLimits;
  #countItems: (items: number) => void;
  #steps = 0;

  /** `countItems` counts the items of tuples that are keys. */
  constructor(limits: MessageLimits, countItems: (items: number) => void) {
    this.#limits = limits;
    this.#countItems = countItems;
  }

  /**
   * Returns a key, which is to be looked up among `size` others.
   *
   * @throws {ProtocolError} If Python would not accept it, or the message takes too many comparisons.
   */
  check(key: Message, size: number): Message {
    this.#steps += factorOf(key) * size;
    if (this.#steps > MOST_STEPS) {
      throw brokenPickle("its sets and dicts have too many numbers as keys");
    }
    this.#checkHashable(key, 1);
    return key;
  }

  #checkHashable(key: Message, depth: number): void {
    const isHashable = typeof key !== "object" || key === null ||
      key instanceof Uint8Array;
    if (isHashable) return;
    if (!Object.isFrozen(key)) {
      throw brokenPickle("a list, dict or set cannot be a key");
    }
    const items = contents(key);
    if (depth >= this.#limits.maxDepth) throw tooDeep(this.#limits);
    // The items are counted, because nested tuples can contain the same tuple
    // many times.
    this.#countItems(items.length);
    for (const item of items) this.#checkHashable(item, depth + 1);
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
