/**
 * The quick way through the pickles that most clients send: one dict of texts
 * and integers, whatever its keys, their order, and the protocol.
 *
 * @module
 */

import type { MessageLimits } from "../limits.ts";
import { emptyMap, type MessageMap } from "./format.ts";
import {
  ARGUMENT,
  COUNT1,
  COUNT4,
  LINE,
  NEWEST_PROTOCOL,
  Op,
} from "./pickle_opcodes.ts";
import {
  decimal,
  decimalLong,
  escapedText,
  text8,
  twosComplement,
  uint32,
  uint64,
  utf8,
} from "./pickle_values.ts";

const NEWLINE = 0x0a;
/** A pickle that is longer is not read in this way: it could be begun in vain. */
const LONGEST = 4096;
/** Bytes of a `PUT`'s number and its newline, as far as such a pickle needs. */
const LONGEST_PUT = 5;

/**
 * Reads a dict straight into an object, where {@linkcode PickleMachine} would
 * put each key and value on a stack, keep most of them in its memo, and take
 * them off again: 0.24 us for a request, not 0.47 (`deno bench`).
 */
export class DictReader {
  /** What was read last. */
  dict: MessageMap = emptyMap();
  #maxBytes: number;
  #maxItems: number;

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
    let dict: MessageMap | undefined;
    let key: string | undefined;
    let items = 0;
    /** Whether a MARK is open: before the dict itself, or before its items. */
    let marked = false;
    /** Whether an item, without a MARK, waits for its SETITEM. */
    let pending = false;
    /** Whether the newest is a value, which can be memoized, and no MARK. */
    let isValue = false;
    for (let at = start; at < stop;) {
      const opcode = bytes[at];
      const width = ARGUMENT[opcode];
      let from = at + 1;
      let to = from + width;
      if (width < 0) {
        if (width === COUNT1) to = ++from + bytes[at + 1];
        else if (width === COUNT4) to = (from += 4) + uint32(bytes, at + 1);
        else if (width === LINE) to = bytes.indexOf(NEWLINE, from) + 1;
        else return 0;
        if (to < from) return 0; // its line has no end yet
      }
      if (!(to <= stop)) return 0; // also if its length is not there, and so is NaN
      at = to;
      let value: string | number | bigint | null;
      // deno-fmt-ignore
      switch (opcode) {
        case Op.SHORT_BINUNICODE:
        case Op.BINUNICODE: value = utf8(bytes, from, to); break;
        case Op.SHORT_BINSTRING:
        case Op.BINSTRING: value = text8(bytes, from, to); break;
        case Op.UNICODE: value = escapedText(bytes, from, to - 1); break;
        case Op.BININT: value = uint32(bytes, from) | 0; break;
        case Op.BININT1: value = bytes[from]; break;
        case Op.BININT2: value = bytes[from] | bytes[from + 1] << 8; break;
        case Op.LONG1: value = twosComplement(bytes, from, to); break;
        case Op.LONG: value = decimalLong(bytes, from, to - 1); break;
        case Op.INT:
          if (bytes[from] === 0x30) return 0; // perhaps a bool: 00 or 01
          value = decimal(bytes, from, to - 1);
          break;
        case Op.NONE: value = null; break;
        case Op.MEMOIZE:
        case Op.BINPUT:
          if (!isValue) return 0;
          continue;
        case Op.PUT:
          if (!isValue || !isNumber(bytes, from, to - 1)) return 0;
          continue;
        case Op.PROTO:
          if (bytes[from] > NEWEST_PROTOCOL) return 0;
          continue;
        case Op.FRAME:
          if (to + uint64(bytes, from) > last) return 0;
          continue;
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
          this.dict = dict;
          return at;
        default: return 0;
      }
      isValue = true;
      if (!dict || pending) return 0;
      if (key === undefined) {
        if (typeof value !== "string") return 0;
        key = value;
      } else {
        if (++items > this.#maxItems) return 0;
        dict[key] = value;
        key = undefined;
        pending = !marked;
      }
    }
    return 0;
  }
}

/** Whether these bytes are some digits, and not too many. */
function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  if (from === to || to - from >= LONGEST_PUT) return false;
  for (let at = from; at < to; at++) {
    if (bytes[at] < 0x30 || bytes[at] > 0x39) return false;
  }
  return true;
}
