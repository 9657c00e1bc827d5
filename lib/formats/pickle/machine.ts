/**
 * The machine that a pickle is a program for, less all that is not data.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { Message, MessageMap } from "../format.ts";
import { emptyMap, isMessageMap } from "../format.ts";
import { checkMeasure, contents, tooDeep } from "./measure.ts";
import { brokenPickle } from "./values.ts";

/** What a pickle memoizes has a number below this. */
const MAX_MEMO = 65_536;
/** Keys of a set, or of a dict whose keys are not all text. */
const MAX_KEYS = 4096;
/** A memo that grew beyond this is not kept for the next message. */
const KEPT_MEMO = 256;

/** A stack of values, marks in it, and a memo of values that may be used again. */
export class PickleMachine {
  #limits: MessageLimits;
  #stack: Message[] = [];
  /** Where in the stack each open `MARK` is. */
  #marks: number[] = [];
  #memo: Message[] = [];
  #items = 0;
  /** Whether some container has been put into another, or a value used twice. */
  #hasSharedReferences = false;
  /** Items of the messages that had to be measured, which takes long. */
  measured = 0;
  /** The dicts that became a `Map`, since a key was no text. */
  #promotedToMap = new Map<Message, Message>();
  /** The values that were used again. */
  #memoReads = new Set<Message>();

  /** A machine for messages within these limits. */
  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** How many values are on the stack. */
  get height(): number {
    return this.#stack.length;
  }

  /** Puts a value on the stack. */
  push(value: Message): void {
    this.#stack.push(value);
  }

  /** Takes the newest value off; as in CPython, right after a `MARK` it takes the `MARK`. */
  pop(): void {
    const marks = this.#marks;
    if (marks.length > 0 && marks[marks.length - 1] === this.#stack.length) {
      marks.pop();
    } else {
      this.#need(this.#stack.length - 1);
      this.#stack.pop();
    }
  }

  /** Marks the height: what comes above belongs together. */
  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the newest mark away, and returns the height it marked. */
  popMark(): number {
    const mark = this.#marks.pop();
    if (mark === undefined) throw brokenPickle("a MARK is missing");
    return mark;
  }

  /** Takes off all above the newest mark, and the mark. */
  popToMark(): void {
    shorten(this.#stack, this.popMark());
  }

  /** Keeps the newest value under a number, by default the next one. */
  memoize(index: number = this.#memo.length): void {
    const top = this.#stack.length - 1;
    this.#need(top);
    if (index < 0 || index >= MAX_MEMO) {
      throw brokenPickle(`memo ${index} is out of range`);
    }
    this.#memo[index] = this.#stack[top];
  }

  /** Puts the value kept under a number on the stack. */
  recall(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw brokenPickle(`memo ${index} is empty`);
    this.#hasSharedReferences = true;
    if (typeof value === "object") this.#memoReads.add(value);
    this.#stack.push(this.#promotedToMap.get(value) ?? value);
  }

  /** Ends the message at its `STOP`, and makes ready for the next. */
  finish(): Message {
    if (this.#marks.length > 0 || this.#stack.length !== 1) {
      throw brokenPickle("at its STOP the stack does not hold one value");
    }
    const message = this.#stack[0];
    if (this.#hasSharedReferences) {
      this.measured += checkMeasure(message, this.#limits);
    }
    this.reset();
    return message;
  }

  /** How many values the message has so far. */
  get size(): number {
    return this.#stack.length + this.#items;
  }

  /** Makes ready for the next message, whatever there is of this one. */
  reset(): void {
    shorten(this.#stack, 0);
    shorten(this.#marks, 0);
    this.#items = 0;
    this.#hasSharedReferences = false;
    if (this.#memo.length > KEPT_MEMO) this.#memo = [];
    else shorten(this.#memo, 0);
    if (this.#promotedToMap.size > 0) this.#promotedToMap.clear();
    if (this.#memoReads.size > 0) this.#memoReads.clear();
  }

  /** Counts the values from `start` up, which are about to enter a container. */
  #enter(start: number, items: number): void {
    for (let at = start; at < this.#stack.length; at++) {
      const value = this.#stack[at];
      if (typeof value === "object" && value !== null) {
        this.#hasSharedReferences = true;
      }
    }
    this.#count(items);
  }

  /** Fails unless there is a value at `index`, and no mark above it. */
  #need(index: number): void {
    const marks = this.#marks;
    if (index < (marks.length > 0 ? marks[marks.length - 1] : 0)) {
      throw brokenPickle("a value is missing on the stack");
    }
  }

  #count(items: number): void {
    this.#items += items;
    if (this.#items > this.#limits.maxItems) {
      throw brokenPickle(
        `it has more than ${this.#limits.maxItems} items`,
        "maxItems",
      );
    }
  }

  /** Makes a tuple of the values from `start` up. */
  tuple(start: number): void {
    this.#need(start);
    this.#enter(start, this.#stack.length - start);
    // Frozen, since a tuple can be a key, and a list cannot.
    this.#stack.push(Object.freeze(this.#stack.splice(start)));
  }

  /** Makes a list of the values from `start` up. */
  list(start: number): void {
    this.#enter(start, this.#stack.length - start);
    this.#stack.push(this.#stack.splice(start));
  }

  /** Appends the values from `start` up to the list below them. */
  append(start: number): void {
    this.#need(start - 1);
    const list = this.#stack[start - 1];
    if (!Array.isArray(list) || Object.isFrozen(list)) {
      throw brokenPickle("items are appended to what is no list");
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
      throw brokenPickle("items are added to what is no set");
    }
    this.#fill(set, start);
  }

  /** Makes a frozenset of the values from `start` up. */
  frozenSet(start: number): void {
    const set = new Set<Message>();
    this.#fill(set, start);
    this.#stack.push(Object.freeze(set)); // frozen, as a tuple is
  }

  #fill(set: Set<Message>, start: number): void {
    this.#enter(start, this.#stack.length - start);
    for (const item of this.#stack.splice(start)) set.add(this.#hashable(item));
    checkKeys(set);
  }

  /** Makes a dict of the keys and values from `start` up. */
  dict(start: number): void {
    this.#stack.splice(start, 0, emptyMap());
    this.setItems(start + 1);
  }

  /** Puts the keys and values from `start` up into the dict below them. */
  setItems(start: number): void {
    const stack = this.#stack;
    this.#need(start - 1);
    const count = stack.length - start;
    if (count % 2 !== 0) throw brokenPickle("a dict's key has no value");
    this.#enter(start, count / 2);
    let dict = stack[start - 1];
    if (!(dict instanceof Map || isMessageMap(dict))) {
      throw brokenPickle("an item is set in what is no dict");
    }
    for (let at = start; at < stack.length; at += 2) {
      const key = stack[at];
      if (typeof key !== "string") dict = this.#asMap(start - 1);
      if (dict instanceof Map) dict.set(this.#hashable(key), stack[at + 1]);
      else (dict as MessageMap)[key as string] = stack[at + 1];
    }
    if (dict instanceof Map) checkKeys(dict);
    shorten(stack, start);
  }

  /**
   * The dict at `index`, from now on a `Map`, also where it is recalled. One that
   * was recalled before would stay an object there; only a dict within itself is
   * recalled before it has its items, and that is refused.
   */
  #asMap(index: number): Map<Message, Message> {
    const dict = this.#stack[index];
    if (dict instanceof Map) return dict;
    if (this.#memoReads.has(dict)) {
      throw brokenPickle("a container contains itself");
    }
    const map = new Map<Message, Message>(Object.entries(dict as MessageMap));
    this.#stack[index] = map;
    this.#promotedToMap.set(dict, map);
    return map;
  }

  /** Fails unless Python could take `key` as a key. */
  #hashable(key: Message, depth = 1): Message {
    if (typeof key !== "object" || key === null || key instanceof Uint8Array) {
      return key;
    }
    if (!Object.isFrozen(key)) {
      throw brokenPickle("a key is a list, dict or set, which cannot be one");
    }
    const items = contents(key);
    if (depth >= this.#limits.maxDepth) throw tooDeep(this.#limits);
    // Counted, since tuples of tuples can hold the same one over and over.
    this.#count(items.length);
    for (const item of items) this.#hashable(item, depth + 1);
    return key;
  }
}

/**
 * Takes the values from `length` up away. Setting `length` itself has the engine
 * give their memory back, and ask for it again with the next message: with this
 * a request is read in 0.5 us, not 0.6 (`deno bench`).
 */
function shorten(values: Message[], length: number): void {
  while (values.length > length) values.pop();
}

/** Fails for more keys than can be looked up fast even if they were chosen not to be. */
function checkKeys({ size }: { size: number }): void {
  if (size > MAX_KEYS) {
    throw brokenPickle(`a set or dict has more than ${MAX_KEYS} keys`);
  }
}
