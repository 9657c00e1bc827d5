/**
 * Random lines of JSON, as programs write them and as they never would.
 *
 * @module
 */

import type { Random } from "../../../lib/testing/random.ts";
import { changed, limitsOf, randomOf } from "./inputs.ts";
import type { Input } from "./outcome.ts";
import { TEXTS } from "./values.ts";

/** Numbers that readers could take in different ways. */
const NUMBERS = [
  ...["0", "-0", "0.0", "-0.0", "00", "007", "-01", "+1", ".5", "5.", "1.5"],
  ...["1e3", "1E+3", "1e-3", "1e", "1e400", "-1e400", "1e-400", "5e-324"],
  ...["9".repeat(15), "9".repeat(16), "9007199254740991", "9007199254740992"],
  ...["-9007199254740991", "-9007199254740993", "9007199254740993.5"],
  ...["1e20", "0.1e1", "123456789012345.5", "0x10", "-", "1-2", "NaN"],
  ...["Infinity", "1e15", "9.007199254740993e15", "100000000000000000000e-5"],
];
/** Escapes, some of which are wrong. */
const ESCAPES = [
  ...['\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041"],
  ...["\\ud83d\\ude00", "\\ud83d", "\\u00e9", "\\u0000", "\\u12", "\\x41"],
];
const LITERALS = ["true", "false", "null"];
const NOT_LITERALS = ["True", "nul", "nulll", "undefined", "", "'a'", "#"];

/** Returns a seed's line, with its newline, and the limits to read it with. */
export function lineInput(seed: number): Input {
  const random = randomOf(seed);
  const line = new LineMaker(random).make();
  const isChanged = random.below(5) < 2;
  // No line has a newline in it.
  const body = (isChanged ? changed(random, line) : line)
    .filter((byte) => byte !== 0x0a);
  const bytes = Uint8Array.of(...body, 0x0a);
  const limits = limitsOf(random, bytes.length);
  return { bytes, ends: [bytes.length], limits };
}

class LineMaker {
  #random: Random;
  #bytes: number[] = [];
  /** One choice in so many is unusual. */
  #rarity: number;
  #hasSpaces: boolean;

  constructor(random: Random) {
    this.#random = random;
    this.#rarity = random.pick([10, 50, Infinity, Infinity]);
    this.#hasSpaces = random.below(4) === 0;
  }

  make(): Uint8Array {
    const isDict = this.#random.below(5) > 0;
    if (isDict) this.#map(1);
    else this.#value(1);
    if (this.#isUnusual()) this.#value(1);
    return Uint8Array.from(this.#bytes);
  }

  #isUnusual(): boolean {
    return this.#rarity < Infinity && this.#random.below(this.#rarity) === 0;
  }

  /** Writes a part, often between spaces. */
  #put(part: string): void {
    this.#space();
    for (const character of part) this.#bytes.push(character.charCodeAt(0));
    this.#space();
  }

  #space(): void {
    const random = this.#random;
    const usual = [0x20, 0x20, 0x09, 0x0d];
    const odd = [0x0b, 0x0c, 0xa0, 0x2c, 0x00];
    if (this.#isUnusual() && random.below(8) === 0) {
      this.#bytes.push(random.pick(odd));
    }
    while (this.#hasSpaces && random.below(3) === 0) {
      this.#bytes.push(random.pick(usual));
    }
  }

  #value(depth: number): void {
    const random = this.#random;
    const kind = random.below(depth > 3 ? 8 : 10);
    if (kind < 3) this.#text("values");
    else if (kind < 6) this.#number();
    else if (kind < 8) {
      this.#put(random.pick(this.#isUnusual() ? NOT_LITERALS : LITERALS));
    } else if (kind === 8) this.#list(depth);
    else this.#map(depth);
  }

  #number(): void {
    const random = this.#random;
    const most = random.pick([10, 1e9, Number.MAX_SAFE_INTEGER]);
    const sign = random.below(4) === 0 ? "-" : "";
    if (random.below(6) === 0) this.#put(random.pick(NUMBERS));
    else this.#put(`${sign}${random.below(most)}`);
  }

  #list(depth: number): void {
    this.#put("[");
    for (let left = this.#size(); left > 0; left--) {
      this.#value(depth + 1);
      if (left > 1 || this.#isUnusual()) this.#put(",");
    }
    this.#put(this.#isUnusual() ? "}" : "]");
  }

  #map(depth: number): void {
    this.#put("{");
    for (let left = this.#size(); left > 0; left--) {
      if (this.#isUnusual()) this.#value(depth + 1);
      else this.#text("keys");
      if (!this.#isUnusual()) this.#put(":");
      this.#value(depth + 1);
      if (left > 1 || this.#isUnusual()) this.#put(",");
    }
    this.#put(this.#isUnusual() ? "]" : "}");
  }

  #size(): number {
    const random = this.#random;
    return random.below(random.below(300) === 0 ? 300 : 5);
  }

  /** Writes a text in quotes. What may not be in it as it is becomes an escape. */
  #text(kind: "keys" | "values"): void {
    const random = this.#random;
    const bytes = random.pick(TEXTS[this.#isUnusual() ? "bad" : kind]);
    this.#space();
    this.#bytes.push(0x22);
    for (const byte of bytes) this.#character(byte);
    const isEscaped = random.below(8) === 0;
    if (isEscaped) {
      for (const byte of random.pick(ESCAPES)) {
        this.#bytes.push(byte.charCodeAt(0));
      }
    }
    this.#bytes.push(0x22);
    this.#space();
  }

  #character(byte: number): void {
    const mustEscape = byte < 0x20 || byte === 0x22 || byte === 0x5c;
    if (!mustEscape || this.#isUnusual()) this.#bytes.push(byte);
    else {
      const hex = byte.toString(16).padStart(4, "0");
      for (const it of `\\u${hex}`) this.#bytes.push(it.charCodeAt(0));
    }
  }
}
