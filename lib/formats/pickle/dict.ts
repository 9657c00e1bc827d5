/**
 * The fast path for the pickles that most clients send: one dict of texts and
 * integers, with any keys in any order, in any protocol.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import { type MessageMap, setKey } from "../format.ts";
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
/** The longest pickle read here, in bytes. Work on a longer one could be wasted. */
const LONGEST = 4096;
/** The most bytes that a `PUT`'s number and newline take in such a pickle. */
const LONGEST_PUT = 5;

/** Shared by all connections, since the clients of a server send similar messages. */
const templates = new Templates();

/**
 * Reads a dict straight into an object. {@linkcode PickleMachine} would push each
 * key and value onto a stack, keep most of them in its memo, and pop them again.
 * A dict with a known template is read faster still, see {@linkcode Templates}.
 */
export class DictReader {
  /** The dict that was read last. */
  dict: MessageMap = {};
  #maxBytes: number;
  #maxItems: number;
  /** Where the last value that was read ends. */
  #valueEnd = 0;

  /** Makes a reader of dicts within these limits. */
  constructor({ maxRequestBytes, maxItems }: MessageLimits) {
    this.#maxBytes = maxRequestBytes;
    this.#maxItems = maxItems;
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

  /** Reads a dict with a known template: only its values are parsed. */
  #readKnown(bytes: Uint8Array, start: number, stop: number): number {
    const dict: MessageMap = {};
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
      setKey(dict, segment.key, value);
      at = this.#valueEnd;
    }
    return 0;
  }

  /** Parses a dict opcode by opcode, and learns its template. */
  #readNew(bytes: Uint8Array, start: number, stop: number): number {
    const keys: string[] = [];
    const cuts = [start];
    let dict: MessageMap | undefined;
    let key: string | undefined;
    /** Whether a MARK is open: before the dict itself, or before its items. */
    let marked = false;
    /** Whether an item without a MARK waits for its SETITEM. */
    let pending = false;
    /** Whether the newest entry is a value, which can be memoized, not a MARK. */
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
          dict = {};
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
        setKey(dict, key, value);
        key = undefined;
        pending = !marked;
      }
    }
    return 0;
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
