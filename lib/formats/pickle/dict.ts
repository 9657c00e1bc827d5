/**
 * The quick way through the pickles that most clients send: one dict of texts
 * and integers, whatever its keys, their order, and the protocol.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import { emptyMap, type MessageMap } from "../format.ts";
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
import { Templates } from "./templates.ts";

const NEWLINE = 0x0a;
const ZERO = 0x30;
/** A pickle that is longer is not read in this way: it could be begun in vain. */
const LONGEST = 4096;
/** Bytes of a `PUT`'s number and its newline, as far as such a pickle needs. */
const LONGEST_PUT = 5;

/** One for all connections, since the clients of a server are alike. */
const templates = new Templates();

/**
 * Reads a dict straight into an object, where {@linkcode PickleMachine} would
 * put each key and value on a stack, keep most of them in its memo, and take
 * them off again: 0.21 us for a request, not 0.47; and 0.13 us if its template is
 * known, see {@linkcode Templates} (`deno bench`).
 */
export class DictReader {
  /** What was read last. */
  dict: MessageMap = emptyMap();
  #maxBytes: number;
  #maxItems: number;
  /** Where the value that was read last ends. */
  #valueEnd = 0;

  /** A reader of dicts within these limits. */
  constructor({ maxRequestBytes, maxItems }: MessageLimits) {
    this.#maxBytes = maxRequestBytes;
    this.#maxItems = maxItems;
  }

  /**
   * Reads the pickle that begins at `start`, and returns where it ends; or 0 if
   * it is none that can be read in this way, or not all of it has come. It is
   * then to be read in the usual way, which says what is wrong, if anything is.
   *
   * @throws {ProtocolError} If a text or number in it is broken.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const last = start + this.#maxBytes;
    const stop = Math.min(end, last, start + LONGEST);
    let at = start;
    if (bytes[at] === Op.PROTO) {
      if (bytes[at + 1] > NEWEST_PROTOCOL) return 0;
      at += 2;
      if (bytes[at] === Op.FRAME) {
        if (at + 9 + uint64(bytes, at + 1) > last) return 0;
        at += 9;
      }
    }
    return this.#readKnown(bytes, at, stop) || this.#readNew(bytes, at, stop);
  }

  /** Reads one whose template was learned: only its values are new. */
  #readKnown(bytes: Uint8Array, start: number, stop: number): number {
    const dict = emptyMap();
    let at = start;
    let segment = templates.start;
    for (let items = 0; items <= this.#maxItems; items++) {
      const next = templates.next(segment, bytes, at, stop);
      if (!next) return 0;
      segment = next;
      at += segment.bytes.length;
      if (segment.key === undefined) {
        this.dict = dict;
        return at;
      }
      const value = this.#value(bytes, at, stop);
      if (value === undefined) return 0;
      dict[segment.key] = value;
      at = this.#valueEnd;
    }
    return 0;
  }

  /** Takes one apart, opcode by opcode, and learns its template. */
  #readNew(bytes: Uint8Array, start: number, stop: number): number {
    const keys: string[] = [];
    const cuts = [start];
    let dict: MessageMap | undefined;
    let key: string | undefined;
    /** Whether a MARK is open: before the dict itself, or before its items. */
    let marked = false;
    /** Whether an item, without a MARK, waits for its SETITEM. */
    let pending = false;
    /** Whether the newest is a value, which can be memoized, and no MARK. */
    let isValue = false;
    for (let at = start; at < stop;) {
      const opcode = bytes[at++];
      switch (opcode) {
        case Op.MEMOIZE:
          if (!isValue) return 0;
          continue;
        case Op.BINPUT:
          if (!isValue) return 0;
          at++;
          continue;
        case Op.PUT: {
          const from = at;
          at = lineEnd(bytes, from, stop);
          if (!isValue || !isNumber(bytes, from, at - 1)) return 0;
          continue;
        }
        case Op.MARK:
          if (marked || pending || key !== undefined) return 0;
          marked = true;
          isValue = false;
          continue;
        case Op.EMPTY_DICT:
        case Op.DICT:
          if (dict || marked !== (opcode === Op.DICT)) return 0;
          dict = emptyMap();
          marked = false;
          isValue = true;
          continue;
        case Op.SETITEM:
          if (!pending) return 0;
          pending = false;
          continue;
        case Op.SETITEMS:
          if (!dict || !marked || key !== undefined) return 0;
          marked = false;
          isValue = true;
          continue;
        case Op.STOP:
          if (!dict || marked || pending || key !== undefined) return 0;
          templates.learn(bytes, keys, cuts, at);
          this.dict = dict;
          return at;
      }
      const from = at - 1;
      const value = this.#value(bytes, from, stop);
      if (value === undefined || !dict || pending) return 0;
      at = this.#valueEnd;
      isValue = true;
      if (key === undefined) {
        if (typeof value !== "string") return 0;
        key = value;
      } else {
        if (keys.push(key) > this.#maxItems) return 0;
        cuts.push(from, at);
        dict[key] = value;
        key = undefined;
        pending = !marked;
      }
    }
    return 0;
  }

  /** The text or number that is at `at`, opcode and all; `undefined` if it is something else, or goes beyond `stop`. */
  #value(
    bytes: Uint8Array,
    at: number,
    stop: number,
  ): string | number | bigint | null | undefined {
    const opcode = bytes[at];
    const width = ARGUMENT[opcode];
    let from = at + 1;
    let to = from + width;
    if (width === COUNT1) to = ++from + bytes[at + 1];
    else if (width === COUNT4) to = (from += 4) + uint32(bytes, at + 1);
    else if (width === LINE) to = lineEnd(bytes, from, stop);
    if (!(to <= stop)) return undefined; // also if its length is not there, and so is NaN
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
        if (bytes[from] === ZERO) return undefined; // perhaps a bool: 00 or 01
        return decimal(bytes, from, to - 1);
      case Op.NONE: return null;
    }
  }
}

/** Where the line ends that begins at `from`, its newline included; `Infinity` if not before `stop`. */
function lineEnd(bytes: Uint8Array, from: number, stop: number): number {
  for (let at = from; at < stop; at++) {
    if (bytes[at] === NEWLINE) return at + 1;
  }
  return Infinity;
}

/** Whether these bytes are some digits, and not too many. */
function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to || to - from >= LONGEST_PUT) return false;
  for (let at = from; at < to; at++) {
    if (bytes[at] < 0x30 || bytes[at] > 0x39) return false;
  }
  return true;
}
