/**
 * The fast path for the pickles that most clients send: one dict of texts and
 * integers, with any keys in any order, in any protocol.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { MessageMap } from "../format.ts";
import { labKey, setItem } from "../lab_keys.ts";
import { MEMORY_FACTOR } from "./machine.ts";
import {
  ARGUMENT,
  COUNT1,
  COUNT4,
  LINE,
  NEWEST_PROTOCOL,
  Op,
} from "./opcodes.ts";
import {
  decimal,
  decimalLong,
  escapedText,
  text8,
  twosComplement,
  uint32,
  uint64,
  utf8,
} from "./values.ts";

const NEWLINE = 0x0a;
const ZERO = 0x30;
/** The longest pickle read here, in bytes. Work on a longer one could be wasted. */
const LONGEST = 4096;
/** The machine estimates at most this much memory for each byte of such a pickle: most for an empty dict, or for integers that are not exact. */
const MEMORY_PER_BYTE = 160;
/** The most bytes that a `PUT`'s number and newline take in such a pickle. */
const LONGEST_PUT = 5;

/**
 * Reads a dict straight into an object. {@linkcode PickleMachine} would push each
 * key and value onto a stack, keep most of them in its memo, and pop them again.
 */
export class DictReader {
  /** The dict that was read last. */
  dict: MessageMap = {};
  #maxBytes: number;
  #maxItems: number;
  #longest: number;
  /** Where the last value that was read ends. */
  #valueEnd = 0;

  /** Makes a reader of dicts within these limits. */
  constructor({ maxRequestBytes, maxItems, maxDepth }: MessageLimits) {
    this.#maxBytes = maxRequestBytes;
    this.#maxItems = maxItems;
    // What could exceed the other limits is left to the machine.
    const most = Math.floor(maxRequestBytes * MEMORY_FACTOR / MEMORY_PER_BYTE);
    this.#longest = maxDepth < 1 ? 0 : Math.min(LONGEST, most);
  }

  /**
   * Reads the pickle that begins at `start`, and returns where it ends. Returns
   * 0 if the pickle is incomplete or not suitable for the fast path. The caller
   * then uses the general path, which reports any error.
   *
   * @throws {ProtocolError} If a text or number in it is invalid.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const last = start + this.#maxBytes;
    const stop = Math.min(end, start + this.#longest);
    let at = start;
    if (bytes[at] === Op.PROTO) {
      if (bytes[at + 1] > NEWEST_PROTOCOL) return 0;
      at += 2;
      if (bytes[at] === Op.FRAME) {
        if (at + 9 + uint64(bytes, at + 1) > last) return 0;
        at += 9;
      }
    }
    if (bytes[at] === Op.EMPTY_DICT) at++;
    else if (bytes[at] === Op.MARK && bytes[at + 1] === Op.DICT) at += 2;
    else return 0;
    return this.#readItems(bytes, skipMemo(bytes, at, stop), stop);
  }

  /** Reads a dict's items: each with its SETITEM, or several between MARK and SETITEMS. */
  #readItems(bytes: Uint8Array, start: number, stop: number): number {
    const dict: MessageMap = {};
    let isMarked = false;
    let items = 0;
    for (let at = start; at < stop;) {
      const opcode = bytes[at];
      if (opcode === (isMarked ? Op.SETITEMS : Op.MARK)) {
        isMarked = !isMarked;
        at++;
        continue;
      }
      if (opcode === Op.STOP && !isMarked) {
        this.dict = dict;
        return at + 1;
      }
      const key = this.#key(bytes, at, stop);
      if (key === undefined || ++items > this.#maxItems) return 0;
      at = skipMemo(bytes, this.#valueEnd, stop);
      const value = this.#value(bytes, at, stop);
      if (value === undefined) return 0;
      setItem(dict, key, value);
      at = skipMemo(bytes, this.#valueEnd, stop);
      if (!isMarked && bytes[at++] !== Op.SETITEM) return 0;
    }
    return 0;
  }

  /** Returns the key whose opcode is at `at`; `undefined` if it is no text, or extends beyond `stop`. */
  #key(
    bytes: Uint8Array,
    at: number,
    stop: number,
  ): string | undefined {
    const isShort = bytes[at] === Op.SHORT_BINUNICODE;
    if (isShort || bytes[at] === Op.BINUNICODE) {
      const from = at + (isShort ? 2 : 5);
      const to = from + (isShort ? bytes[at + 1] : uint32(bytes, at + 1));
      const known = to <= stop ? labKey(bytes, from, to) : undefined;
      if (known !== undefined) {
        this.#valueEnd = to;
        return known;
      }
    }
    const key = this.#value(bytes, at, stop);
    return typeof key === "string" ? key : undefined;
  }

  /**
   * Returns the text, number or `null` whose opcode is at `at`; `undefined` if
   * another opcode is there, or the value extends beyond `stop`.
   */
  #value(
    bytes: Uint8Array,
    at: number,
    stop: number,
  ): string | number | bigint | null | undefined {
    // `ARGUMENT[undefined]`, once, would make every later look at `ARGUMENT` slow.
    if (at >= stop) return undefined;
    const opcode = bytes[at];
    const width = ARGUMENT[opcode];
    let from = at + 1;
    let to = from + width;
    if (width === COUNT1) to = ++from + bytes[at + 1];
    else if (width === COUNT4) to = (from += 4) + uint32(bytes, at + 1);
    else if (width === LINE) to = lineEnd(bytes, from, stop);
    if (!(to <= stop)) return undefined; // or `to` is NaN, since the length is missing
    this.#valueEnd = to;
    // deno-fmt-ignore
    switch (opcode) {
      case Op.SHORT_BINUNICODE:
      case Op.BINUNICODE: return utf8(bytes, from, to);
      case Op.SHORT_BINSTRING:
      case Op.BINSTRING: return text8(bytes, from, to);
      case Op.UNICODE: return escapedText(bytes, from, to - 1);
      case Op.BININT: return uint32(bytes, from) | 0;
      case Op.BININT1: return bytes[from];
      case Op.BININT2: return bytes[from] | bytes[from + 1] << 8;
      case Op.LONG1: return twosComplement(bytes, from, to);
      case Op.LONG: return decimalLong(bytes, from, to - 1);
      case Op.INT:
        if (bytes[from] === ZERO) return undefined; // may be a bool: 00 or 01
        return decimal(bytes, from, to - 1);
      case Op.NONE: return null;
    }
  }
}

/** Returns what follows the opcode at `at` if that only keeps the value before it in the memo, which a single dict does not need. */
function skipMemo(bytes: Uint8Array, at: number, stop: number): number {
  const opcode = bytes[at];
  if (opcode === Op.MEMOIZE) return at + 1;
  if (opcode === Op.BINPUT) return at + 2;
  if (opcode !== Op.PUT) return at;
  const end = lineEnd(bytes, at + 1, stop);
  return isNumber(bytes, at + 1, end - 1) ? end : at;
}

/**
 * Returns where the line that begins at `from` ends, behind its newline;
 * `Infinity` if there is no newline before `stop`.
 */
function lineEnd(bytes: Uint8Array, from: number, stop: number): number {
  for (let at = from; at < stop; at++) {
    if (bytes[at] === NEWLINE) return at + 1;
  }
  return Infinity;
}

/** Whether these bytes are all digits: at least one, and not too many. */
function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to || to - from >= LONGEST_PUT) return false;
  for (let at = from; at < to; at++) {
    if (bytes[at] < 0x30 || bytes[at] > 0x39) return false;
  }
  return true;
}
