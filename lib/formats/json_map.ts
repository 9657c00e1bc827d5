/**
 * The fast path for the lines that most clients send: one map of texts and
 * integers, with any keys in any order.
 *
 * @module
 */

import { type MessageMap, setKey } from "./format.ts";
import { decodeUtf8 } from "./decode_text.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** An integer of up to this many digits is always exact. */
const EXACT_DIGITS = 15;

/**
 * Reads lines straight into an object. `JSON.parse` would make another object
 * first, which then had to be checked and copied.
 */
export class MapReader {
  #maxItems: number;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;

  /** Makes a reader of maps with at most `maxItems` items. */
  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  /**
   * Reads the line from `from` up to `to`. Returns `undefined` if the line is
   * invalid or not suitable for the fast path.
   */
  read(bytes: Uint8Array, from: number, to: number): MessageMap | undefined {
    // Skipping spaces and reading an integer both stop at the closing brace, so
    // neither reads beyond `to`.
    if (bytes[from] !== OPEN || bytes[to - 1] !== CLOSE) return undefined;
    this.#bytes = bytes;
    this.#at = from + 1;
    const map: MessageMap = {};
    for (let items = 1; items <= this.#maxItems; items++) {
      const key = this.#text();
      if (key === undefined || this.#mark() !== COLON) return undefined;
      const value = this.#bytes[this.#skipSpace()] === QUOTE
        ? this.#text()
        : this.#integer();
      if (value === undefined) return undefined;
      setKey(map, key, value);
      const mark = this.#mark();
      if (mark === CLOSE && this.#at === to) return map;
      if (mark !== COMMA) return undefined;
    }
    return undefined;
  }

  /** Skips spaces and tabs, and consumes and returns the byte after them. */
  #mark(): number {
    const byte = this.#bytes[this.#skipSpace()];
    this.#at++;
    return byte;
  }

  #skipSpace(): number {
    const bytes = this.#bytes;
    while (bytes[this.#at] === 0x20 || bytes[this.#at] === 0x09) this.#at++;
    return this.#at;
  }

  /** Reads a text in quotes, without escapes. */
  #text(): string | undefined {
    const bytes = this.#bytes;
    if (bytes[this.#skipSpace()] !== QUOTE) return undefined;
    const from = this.#at + 1;
    let at = from;
    while (bytes[at] !== QUOTE) {
      // Control characters are not allowed. The newline is one of them, so the
      // loop stops at the end of the line.
      if (bytes[at] < 0x20 || bytes[at] === BACKSLASH) return undefined;
      if (++at === bytes.length) return undefined;
    }
    this.#at = at + 1;
    return decodeUtf8(bytes, from, at);
  }

  /** Reads an integer, without a fraction or an exponent. */
  #integer(): number | undefined {
    const bytes = this.#bytes;
    const negative = bytes[this.#at] === MINUS;
    const from = negative ? this.#at + 1 : this.#at;
    let at = from;
    let number = 0;
    for (; bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) {
      number = number * 10 + bytes[at] - 0x30;
    }
    const digits = at - from;
    if (digits === 0 || digits > EXACT_DIGITS) return undefined;
    // 007 is not valid JSON, and -0 is not the same as 0.
    if (bytes[from] === 0x30 && (digits > 1 || negative)) return undefined;
    this.#at = at;
    return negative ? -number : number;
  }
}
