/**
 * The keys of sets and dicts, and the work of looking them up.
 *
 * The engine's hash of a text has a secret, but its hash of a number is
 * predictable: a client can choose numbers that collide, and then each look-up,
 * also of a tuple, compares the key with all of them. So the comparisons are
 * counted before they are done, as if all numbers collided.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { Message } from "../format.ts";
import { tooDeep } from "./measure.ts";
import { brokenPickle } from "./values.ts";

/** The most comparisons of one message, if all predictable keys collide. */
const MOST_COMPARISONS = 1_048_576;
/** How much longer it takes to compare long integers than numbers. */
const LONG_INTEGER = 16;
/** The engine hashes such a text as a number. */
const INDEX = /^\d/;

/** Checks the keys of one message. */
export class Keys {
  #limits: MessageLimits;
  #countItems: (items: number) => void;
  /** Keys that may collide, since their hash is predictable. */
  #predictable = 0;
  #comparisons = 0;

  /** `countItems` counts the items of tuples that are keys. */
  constructor(limits: MessageLimits, countItems: (items: number) => void) {
    this.#limits = limits;
    this.#countItems = countItems;
  }

  /**
   * Returns a key, which is to be looked up.
   *
   * @throws {ProtocolError} If Python would not accept it, or the message takes too many comparisons.
   */
  check(key: Message): Message {
    if (typeof key === "string" && !INDEX.test(key)) return key;
    const cost = typeof key === "bigint" ? LONG_INTEGER : 1;
    this.#comparisons += cost * this.#predictable;
    if (this.#comparisons > MOST_COMPARISONS) {
      throw brokenPickle("its sets and dicts have too many numbers as keys");
    }
    if (typeof key !== "object" || key === null) this.#predictable++;
    else this.#checkHashable(key, 1);
    return key;
  }

  #checkHashable(key: Message, depth: number): void {
    if (typeof key !== "object" || key === null) return;
    if (key instanceof Uint8Array) return;
    if (!Object.isFrozen(key)) {
      throw brokenPickle("a list, dict or set cannot be a key");
    }
    const items = [...key as Message[] | Set<Message>]; // a tuple or a frozenset
    if (depth >= this.#limits.maxDepth) throw tooDeep(this.#limits);
    // The items are counted, because nested tuples can contain the same tuple
    // many times.
    this.#countItems(items.length);
    for (const item of items) this.#checkHashable(item, depth + 1);
  }

  /** Gets ready for the next message. */
  reset(): void {
    this.#predictable = this.#comparisons = 0;
  }
}
