/**
 * The stack machine that executes a pickle, restricted to data.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { Message, MessageMap } from "../format.ts";
import { isMessageMap, setKey } from "../format.ts";
import { bytesOf, CONTAINER, ENTRY, shorten, SLOT } from "./memory.ts";
import { Keys } from "./keys.ts";
import { checkMeasure, tooDeep, tooManyItems } from "./measure.ts";
import { brokenPickle, MalformedPickle } from "./values.ts";

/** Memo indexes are below this. */
const MAX_MEMO = 65_536;
/** How many times `maxRequestBytes` the values of a message may take in memory, as estimated. */
export const MEMORY_FACTOR = 32;
/** A memo with more entries than this is not kept for the next message. */
const KEPT_MEMO = 256;

/**
 * A stack of values, the marks in it, and a memo of values that may be used
 * again.
 */
export class PickleMachine {
  #limits: MessageLimits;
  #stack: Message[] = [];
  /** Where in the stack each open `MARK` is. */
  #marks: number[] = [];
  #memo: Message[] = [];
  #items = 0;
  #keys: Keys;
  /** Whether a container was put into another, or a value was used twice. */
  #hasSharedReferences = false;
  /** How many items were moved or measured: what takes long besides the opcodes. */
  work = 0;
  /** The dicts that became a `Map`, since a key is not text. */
  #promotedToMap = new Map<Message, Message>();
  /** The objects that were read from the memo. */
  #memoReads = new Set<Message>();

  /** Makes a machine for messages within these limits. */
  constructor(limits: MessageLimits) {
    this.#limits = limits;
    this.#keys = new Keys(limits, (items) => this.#count(items));
  }

  /** Estimated bytes of the values, with those that were dropped. */
  #valueBytes = 0;
  /** Estimated bytes of the memo's places that were skipped. */
  #emptyBytes = 0;

  /** About how many bytes the message has made us allocate. */
  get heldBytes(): number {
    return this.#valueBytes + this.#emptyBytes;
  }

  /** How many values are on the stack. */
  get height(): number {
    return this.#stack.length;
  }

  /** The newest value. */
  get top(): Message | undefined {
    return this.#stack.at(-1);
  }

  /**
   * Pushes a value of about this many bytes. Each value but one becomes an item, or
   * a dict's key or value.
   */
  push(value: Message, bytes: number = bytesOf(value)): void {
    const height = this.#stack.push(value);
    if (height > 2 * this.#limits.maxItems + 1) {
      throw tooManyItems(this.#limits);
    }
    this.#hold(bytes);
  }

  /** Counts memory. To allocate much takes long, even if it is dropped. */
  #hold(bytes: number): void {
    this.#valueBytes += bytes;
    if (this.#valueBytes > MEMORY_FACTOR * this.#limits.maxRequestBytes) {
      throw brokenPickle("its values take too much memory", "maxRequestBytes");
    }
  }

  /** Pops the newest value, or a `MARK` that is on top, as CPython does. */
  pop(): void {
    const marks = this.#marks;
    if (marks.length > 0 && marks[marks.length - 1] === this.#stack.length) {
      marks.pop();
    } else {
      this.#need(this.#stack.length - 1);
      this.#stack.pop();
    }
  }

  /** Marks the current height. The values above it belong together. */
  mark(): void {
    // Each open mark is a container that is not complete.
    const open = this.#marks.push(this.#stack.length);
    if (open > this.#limits.maxDepth) throw tooDeep(this.#limits);
  }

  /** Pops the newest mark, and returns the height it marked. */
  popMark(): number {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new MalformedPickle("a MARK is missing");
    return mark;
  }

  /** Pops the newest mark and all values above it. */
  popToMark(): void {
    shorten(this.#stack, this.popMark());
  }

  /** Stores the newest value in the memo, by default at the next index. */
  memoize(index: number = this.#memo.length): void {
    const top = this.#stack.length - 1;
    this.#need(top);
    if (index < 0 || index >= MAX_MEMO) {
      throw new MalformedPickle(`memo ${index} is out of range`);
    }
    this.#hold(ENTRY);
    this.#emptyBytes += Math.max(0, index - this.#memo.length) * SLOT;
    this.#memo[index] = this.#stack[top];
  }

  /** Pushes the value at an index of the memo. */
  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) {
      throw new MalformedPickle(`memo ${index} is empty`);
    }
    this.#hasSharedReferences = true;
    if (typeof value === "object") this.#memoReads.add(value);
    this.push(this.#promotedToMap.get(value) ?? value, ENTRY);
  }

  /** Returns the message at its `STOP`, and gets ready for the next one. */
  finish(): Message {
    if (this.#marks.length > 0 || this.#stack.length !== 1) {
      throw new MalformedPickle("the stack does not hold one value at STOP");
    }
    const message = this.#stack[0];
    if (this.#hasSharedReferences) {
      this.work += checkMeasure(message, this.#limits);
    }
    this.reset();
    return message;
  }

  /** Drops the current message, and gets ready for the next one. */
  reset(): void {
    shorten(this.#stack, 0);
    shorten(this.#marks, 0);
    this.#items = 0;
    this.#keys.reset();
    this.#valueBytes = this.#emptyBytes = 0;
    this.#hasSharedReferences = false;
    if (this.#memo.length > KEPT_MEMO) this.#memo = [];
    else shorten(this.#memo, 0);
    if (this.#promotedToMap.size > 0) this.#promotedToMap.clear();
    if (this.#memoReads.size > 0) this.#memoReads.clear();
  }

  /** Counts the values from `start` up before they enter a container. */
  #enter(start: number, items: number): void {
    for (let at = start; at < this.#stack.length; at++) {
      const value = this.#stack[at];
      if (typeof value === "object" && value !== null) {
        this.#hasSharedReferences = true;
      }
    }
    this.#count(items);
  }

  /** Throws unless there is a value at `index`, with no mark above it. */
  #need(index: number): void {
    const marks = this.#marks;
    if (index < (marks.length > 0 ? marks[marks.length - 1] : 0)) {
      throw new MalformedPickle("a value is missing on the stack");
    }
  }

  #count(items: number): void {
    this.#items += items;
    this.work += items;
    this.#hold(items * ENTRY);
    if (this.#items > this.#limits.maxItems) throw tooManyItems(this.#limits);
  }

  /** Makes a tuple of the values from `start` up. */
  tuple(start: number): void {
    this.#need(start);
    this.#enter(start, this.#stack.length - start);
    const tuple = this.#stack.splice(start);
    Object.freeze(tuple); // since a tuple can be a key, and a list cannot
    this.push(tuple);
  }

  /** Makes a list of the values from `start` up. */
  list(start: number): void {
    this.#enter(start, this.#stack.length - start);
    this.push(this.#stack.splice(start));
  }

  /** Appends the values from `start` up to the list below them. */
  append(start: number): void {
    this.#need(start - 1);
    const list = this.#stack[start - 1];
    if (!Array.isArray(list) || Object.isFrozen(list)) {
      throw new MalformedPickle("APPENDS to a value that is not a list");
    }
    this.#enter(start, this.#stack.length - start);
    for (let at = start; at < this.#stack.length; at++) {
      list.push(this.#stack[at]);
    }
    shorten(this.#stack, start);
  }

  /** Adds the values from `start` up to the set below them. */
  addItems(start: number): void {
    this.#need(start - 1);
    const set = this.#stack[start - 1];
    if (!(set instanceof Set) || Object.isFrozen(set)) {
      throw new MalformedPickle("ADDITEMS to a value that is not a set");
    }
    this.#fill(set, start);
  }

  /** Makes a frozenset of the values from `start` up. */
  frozenSet(start: number): void {
    const set = new Set<Message>();
    this.#fill(set, start);
    this.push(Object.freeze(set)); // frozen, as a tuple is
  }

  #fill(set: Set<Message>, start: number): void {
    this.#enter(start, this.#stack.length - start);
    const items = this.#stack.splice(start);
    for (const item of items) set.add(this.#keys.check(item));
  }

  /** Makes a dict of the keys and values from `start` up. */
  dict(start: number): void {
    this.#stack.splice(start, 0, {});
    this.#hold(CONTAINER);
    this.setItems(start + 1);
  }

  /** Puts the keys and values from `start` up into the dict below them. */
  setItems(start: number): void {
    const stack = this.#stack;
    this.#need(start - 1);
    const count = stack.length - start;
    if (count % 2 !== 0) throw new MalformedPickle("a dict's key has no value");
    this.#enter(start, count / 2);
    let dict = stack[start - 1];
    if (!(dict instanceof Map || isMessageMap(dict))) {
      throw new MalformedPickle("SETITEMS in a value that is not a dict");
    }
    for (let at = start; at < stack.length; at += 2) {
      const key = stack[at];
      if (typeof key !== "string") dict = this.#asMap(start - 1);
      const value = stack[at + 1];
      if (dict instanceof Map) {
        dict.set(this.#keys.check(key), value);
      } else setKey(dict as MessageMap, key as string, value);
    }
    shorten(stack, start);
  }

  /**
   * Replaces the dict at `index` by a `Map`. Later reads of the memo return the
   * `Map`. An earlier read has already returned the plain object, so the pickle
   * is refused: only a dict that contains itself is read before it has its
   * items.
   */
  #asMap(index: number): Map<Message, Message> {
    const dict = this.#stack[index];
    if (dict instanceof Map) return dict;
    if (this.#memoReads.has(dict)) {
      throw brokenPickle("a container contains itself");
    }
    const map = new Map<Message, Message>();
    const items = Object.entries(dict as MessageMap);
    for (const [key, value] of items) {
      map.set(this.#keys.check(key), value);
    }
    this.#stack[index] = map;
    this.#promotedToMap.set(dict, map);
    return map;
  }
}
