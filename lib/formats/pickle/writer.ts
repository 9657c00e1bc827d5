/**
 * Writes Python's pickle, protocol 2: the newest that every Python reads.
 *
 * The bytes are those of CPython's `pickle.dumps(value, 2)`, except that an
 * object that occurs twice is written twice, not read from the memo. The opcodes
 * are those of CPython's `Lib/pickletools.py`.
 *
 * @module
 */

import { DEFAULT_LIMITS } from "../../limits.ts";
import type { ByteWriter } from "../byte_writer.ts";
import { describe } from "../describe.ts";
import type { Message, MessageMap } from "../format.ts";
import { isMessageMap } from "../format.ts";
import { Op } from "./opcodes.ts";

/** CPython writes the items of a list or dict in batches of this many. */
const BATCH = 1000;

/**
 * Writes one message.
 *
 * @throws {TypeError} If it holds anything but `null`, booleans, numbers,
 * bigints, text, arrays, and objects with text keys, or is nested more than 32 deep.
 */
export function writePickle(message: Message, sink: ByteWriter): void {
  new Pickler(sink).dump(message);
}

class Pickler {
  #sink: ByteWriter;
  #memoized = 0;

  constructor(sink: ByteWriter) {
    this.#sink = sink;
  }

  dump(message: Message): void {
    this.#sink.byte(Op.PROTO);
    this.#sink.byte(2);
    this.#save(message, 1);
    this.#sink.byte(Op.STOP);
  }

  #save(value: Message, depth: number): void {
    const sink = this.#sink;
    if (value === null) sink.byte(Op.NONE);
    else if (typeof value === "boolean") {
      sink.byte(value ? Op.NEWTRUE : Op.NEWFALSE);
    } else if (typeof value === "number") this.#number(value);
    else if (typeof value === "bigint") this.#integer(value);
    else if (typeof value === "string") this.#text(value);
    else if (depth > DEFAULT_LIMITS.maxDepth) {
      throw new TypeError("Cannot pickle: nested too deep, or contains itself");
    } else if (Array.isArray(value)) this.#list(value, depth);
    else if (typeof value === "object" && isMessageMap(value)) {
      this.#dict(value, depth);
    } else throw new TypeError(`Cannot pickle ${describe(value)}`);
  }

  #number(value: number): void {
    const sink = this.#sink;
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      sink.byte(Op.BINFLOAT);
      sink.float64(value);
    } else if (value >= 0 && value <= 0xff) {
      sink.byte(Op.BININT1);
      sink.byte(value);
    } else if (value >= 0 && value <= 0xffff) {
      sink.byte(Op.BININT2);
      sink.uint16(value);
    } else if (value === (value | 0)) {
      sink.byte(Op.BININT);
      sink.uint32(value);
    } else this.#long(BigInt(value));
  }

  #integer(value: bigint): void {
    const small = Number(value);
    if (Number.isSafeInteger(small)) this.#number(small);
    else this.#long(value);
  }

  /** Writes two's complement, the low byte first, in the fewest bytes with the sign. */
  #long(value: bigint): void {
    const magnitude = value < 0n ? -value - 1n : value;
    const hex = magnitude.toString(16);
    const length = (magnitude === 0n ? 0 : bitLength(hex)) / 8 + 1 | 0;
    if (length <= 0xff) {
      this.#sink.byte(Op.LONG1);
      this.#sink.byte(length);
    } else {
      this.#sink.byte(Op.LONG4);
      this.#sink.uint32(length);
    }
    const flip = value < 0n ? 0xff : 0;
    const digits = hex.padStart(length * 2, "0");
    for (let at = digits.length - 2; at >= 0; at -= 2) {
      this.#sink.byte(parseInt(digits.slice(at, at + 2), 16) ^ flip);
    }
  }

  #text(text: string): void {
    this.#sink.byte(Op.BINUNICODE);
    const position = this.#sink.length;
    this.#sink.uint32(0);
    const count = this.#sink.text(text);
    if (count > text.length && !text.isWellFormed()) {
      throw new TypeError("Cannot pickle text with half a surrogate pair");
    }
    this.#sink.setUint32(position, count);
    this.#memoize();
  }

  #list(items: readonly Message[], depth: number): void {
    this.#sink.byte(Op.EMPTY_LIST);
    this.#memoize();
    if (items.length === 1) {
      this.#save(items[0], depth + 1);
      this.#sink.byte(Op.APPEND);
      return;
    }
    for (let from = 0; from < items.length; from += BATCH) {
      this.#sink.byte(Op.MARK);
      for (const item of items.slice(from, from + BATCH)) {
        this.#save(item, depth + 1);
      }
      this.#sink.byte(Op.APPENDS);
    }
  }

  #dict(map: MessageMap, depth: number): void {
    const keys = Object.keys(map);
    this.#sink.byte(Op.EMPTY_DICT);
    this.#memoize();
    if (keys.length === 0) return;
    if (keys.length === 1) {
      this.#item(map, keys[0], depth);
      this.#sink.byte(Op.SETITEM);
      return;
    }
    // If the last batch of a dict is full, an empty one follows, unlike in a list.
    for (let from = 0; from <= keys.length; from += BATCH) {
      this.#sink.byte(Op.MARK);
      const end = Math.min(from + BATCH, keys.length);
      for (let i = from; i < end; i++) this.#item(map, keys[i], depth);
      this.#sink.byte(Op.SETITEMS);
    }
  }

  #item(map: MessageMap, key: string, depth: number): void {
    this.#text(key);
    this.#save(map[key], depth + 1);
  }

  /** Gives the object a memo index, as CPython does for each that may occur again. */
  #memoize(): void {
    if (this.#memoized <= 0xff) {
      this.#sink.byte(Op.BINPUT);
      this.#sink.byte(this.#memoized++);
    } else {
      this.#sink.byte(Op.LONG_BINPUT);
      this.#sink.uint32(this.#memoized++);
    }
  }
}

function bitLength(hex: string): number {
  return (hex.length - 1) * 4 + 32 - Math.clz32(parseInt(hex[0], 16));
}
