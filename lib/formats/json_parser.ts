/**
 * Parses one JSON value straight from bytes (RFC 8259), within limits.
 *
 * `JSON.parse` would need the bytes as text first, and its result would have to be
 * checked afterwards. For a request, that takes twice as long. Also, a bug of V8 makes
 * it read some keys with escapes as others; it reads a text alone correctly.
 *
 * @module
 */

import type { LimitName, MessageLimits } from "../limits.ts";
import { areKnown, decodeLatin1, decodeUtf8 } from "./decode_text.ts";
import { ProtocolError } from "./errors.ts";
import type { Message, MessageMap } from "./format.ts";
import { labKey, setItem } from "./lab_keys.ts";

/** What each error about a line begins with. */
export const BROKEN = "Cannot read the line as JSON: ";

const TAB = 0x09;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
/** An integer of up to this many digits is always exact. */
const EXACT_DIGITS = 15;
const LITERALS = ([["true", true], ["false", false], ["null", null]] as const)
  .map(([text, value]) => ({ bytes: new TextEncoder().encode(text), value }));

/** The bytes are not JSON. The message says what they should be. */
export class NotJson extends Error {}

/** The parser of one connection. */
export class JsonParser {
  #maxDepth: number;
  #maxItems: number;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #items = 0;
  /** Whether the text that was consumed last has escapes. */
  #hasEscapes = false;

  /** Makes a parser of values within these limits. */
  constructor({ maxDepth, maxItems }: MessageLimits) {
    this.#maxDepth = maxDepth;
    this.#maxItems = maxItems;
  }

  /**
   * Parses the bytes from `from` up to a newline at `to`. No value contains a
   * newline, so nothing is read beyond it.
   *
   * @throws {NotJson} If they are not one value.
   * @throws {ProtocolError} If a limit is exceeded, or a number is not exact.
   */
  parse(bytes: Uint8Array, from: number, to: number): Message {
    this.#bytes = bytes;
    this.#at = from;
    this.#items = 0;
    const value = this.#value(1);
    if (this.#skipSpace() !== to) throw notOneValue();
    return value;
  }

  #value(depth: number): Message {
    const bytes = this.#bytes;
    const byte = bytes[this.#skipSpace()];
    if (byte === QUOTE) return this.#text();
    if (byte === MINUS || isDigit(byte)) return this.#number();
    if (byte === OPEN_MAP) return this.#map(depth);
    if (byte === OPEN_LIST) return this.#list(depth);
    for (const literal of LITERALS) {
      if (!areKnown(bytes, this.#at, literal.bytes)) continue;
      this.#at += literal.bytes.length;
      return literal.value;
    }
    throw notOneValue();
  }

  #map(depth: number): MessageMap {
    const map: MessageMap = {};
    for (let more = this.#open(depth, CLOSE_MAP); more;) {
      const key = this.#key();
      if (this.#mark() !== COLON) throw notOneValue();
      const value = this.#value(depth + 1);
      setItem(map, key, value);
      more = this.#next(CLOSE_MAP);
    }
    return map;
  }

  #list(depth: number): Message[] {
    const list: Message[] = [];
    for (let more = this.#open(depth, CLOSE_LIST); more;) {
      list.push(this.#value(depth + 1));
      more = this.#next(CLOSE_LIST);
    }
    return list;
  }

  /** Consumes the opening bracket. Returns whether an item follows it. */
  #open(depth: number, close: number): boolean {
    const most = this.#maxDepth;
    if (depth > most) {
      throw brokenLine(`it is nested more than ${most} deep`, "maxDepth");
    }
    this.#at++;
    if (this.#bytes[this.#skipSpace()] !== close) return this.#countItem();
    this.#at++;
    return false;
  }

  /** Consumes the mark behind an item. Returns whether another item follows. */
  #next(close: number): boolean {
    const mark = this.#mark();
    if (mark === COMMA) return this.#countItem();
    if (mark !== close) throw notOneValue();
    return false;
  }

  #countItem(): true {
    const most = this.#maxItems;
    if (++this.#items <= most) return true;
    throw brokenLine(`it has more than ${most} items`, "maxItems");
  }

  /** Consumes and returns the next byte that is no space. */
  #mark(): number {
    const byte = this.#bytes[this.#skipSpace()];
    this.#at++;
    return byte;
  }

  #skipSpace(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      const byte = bytes[at];
      if (byte !== SPACE && byte !== TAB && byte !== RETURN) break;
      at++;
    }
    return this.#at = at;
  }

  #key(): string {
    const from = this.#skipSpace();
    const end = this.#textEnd();
    const known = labKey(this.#bytes, from + 1, end - 1);
    return known ?? this.#decode(from, end);
  }

  #text(): string {
    const from = this.#at;
    return this.#decode(from, this.#textEnd());
  }

  /** Consumes a text in quotes, and returns where it ends. */
  #textEnd(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at++] !== QUOTE) throw notOneValue();
    this.#hasEscapes = false;
    for (; bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) {
        this.#hasEscapes = true;
        at++;
      }
      // No text has control characters. The newline at the end is one.
      if (bytes[at] < SPACE) throw notOneValue();
    }
    return this.#at = at + 1;
  }

  /** Decodes the text whose quotes are at `from` and before `end`. */
  #decode(from: number, end: number): string {
    const quotes = this.#hasEscapes ? 0 : 1;
    const text = decodeUtf8(this.#bytes, from + quotes, end - quotes);
    if (text === undefined) throw new NotJson("valid UTF-8");
    return this.#hasEscapes ? builtIn(text) as string : text;
  }

  #number(): number {
    const bytes = this.#bytes;
    const isNegative = bytes[this.#at] === MINUS;
    const from = isNegative ? this.#at + 1 : this.#at;
    let at = from;
    let number = 0;
    for (; isDigit(bytes[at]); at++) number = number * 10 + bytes[at] - 0x30;
    const digits = at - from;
    // 007 is no number, and -0 is not 0.
    const isPlain = digits <= EXACT_DIGITS && !isInNumber(bytes[at]) &&
      (bytes[from] === 0x30 ? digits === 1 && !isNegative : digits > 0);
    if (!isPlain) return this.#unusualNumber();
    this.#at = at;
    return isNegative ? -number : number;
  }

  #unusualNumber(): number {
    const from = this.#at;
    while (isInNumber(this.#bytes[this.#at])) this.#at++;
    const value = builtIn(decodeLatin1(this.#bytes, from, this.#at)) as number;
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw brokenLine(
        "an integer beyond 2^53 must be sent as text, in quotes",
      );
    }
    if (!Number.isFinite(value)) throw brokenLine("a number is out of range");
    return value;
  }
}

/** Parses a text with escapes, or a number, by `JSON.parse`. */
function builtIn(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw notOneValue();
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Whether a byte can be part of a number: a digit, or one of `+-.eE`. */
function isInNumber(byte: number): boolean {
  return isDigit(byte) || byte === MINUS || byte === 0x2b || byte === 0x2e ||
    byte === 0x45 || byte === 0x65;
}

function notOneValue(): NotJson {
  return new NotJson("one JSON value");
}

/** Returns an error that says what is wrong with a line, and which limit it exceeds, if any. */
export function brokenLine(reason: string, limit?: LimitName): ProtocolError {
  return new ProtocolError(BROKEN + reason, { limit });
}
