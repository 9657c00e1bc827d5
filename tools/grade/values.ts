/**
 * The values in the kit's messages: all random, so that nothing can be
 * hard-coded, and all from a seed, so that they can be had again.
 *
 * @module
 */

import { isMessageMap, type Message } from "../../lib/formats/format.ts";
import { Random } from "../../lib/testing/random.ts";

const CONSONANTS = [..."bdfgklmnprstvz"];
const VOWELS = [..."aeiou"];

/** What stands for the words behind a `$` in the kit. */
export type Values = Readonly<Record<string, string | number>>;

/** Makes up values. */
export class Maker {
  #random: Random;
  #sids = new Set<number>();

  /** Each check has values of its own, whichever others are made before it. */
  constructor(seed: number, check: string) {
    let state = seed;
    for (const letter of check) {
      state = Math.imul(state, 31) + letter.charCodeAt(0);
    }
    this.#random = new Random(state);
  }

  /** A student who was not there before, but by a chance of one in billions. */
  student(): Values {
    const name = `${this.#word()} ${this.#word()}`;
    const sid = this.#sid();
    return {
      name,
      github: `${this.#word().toLowerCase()}${this.#digits(5)}`,
      sid,
      sidbytes: bytesOf(sid),
      // Longer than one `recv(4096)`, and shorter than two.
      hugename: this.#long(5000, 2000),
      // Twice in a line, longer than a page of a pipe; once in a request, shorter.
      longname: this.#long(2100, 1),
      // 0x2e ends a pickle, where it is no part of anything else.
      dotname: `${this.#word()}. ${this.#word()}...`,
      dotsid: 0x2e2e2e2e,
      id: 1024 + this.#random.below(64_000),
    };
  }

  /** A number that no other student of the check has: its line is known by it. */
  #sid(): number {
    for (;;) {
      const sid = this.#undotted(() => Number(this.#digits(9)));
      if (this.#sids.has(sid)) continue;
      this.#sids.add(sid);
      return sid;
    }
  }

  #word(): string {
    const letters = Array.from({ length: 3 }, () => [
      this.#random.pick(CONSONANTS),
      this.#random.pick(VOWELS),
    ]).flat().join("");
    return letters[0].toUpperCase() + letters.slice(1);
  }

  #digits(count: number): string {
    const rest = Array.from(
      { length: count - 1 },
      () => this.#random.below(10),
    );
    return [1 + this.#random.below(9), ...rest].join("");
  }

  /** A word, again and again, of so many letters together, or up to `more` above. */
  #long(least: number, more: number): string {
    const length = this.#undotted(() => least + this.#random.below(more));
    const word = `${this.#word()} `;
    const words = word.repeat(Math.ceil(length / word.length));
    return words.slice(0, length - 1) + "x"; // no space at its end
  }

  /** A number without the byte of a full stop: what that may break is the matter of one check alone. */
  #undotted(draw: () => number): number {
    for (;;) {
      const number = draw();
      if (!bytesOf(number).includes(".")) return number;
    }
  }
}

/** The four bytes of a number as a pickle has them, each as a character. */
function bytesOf(number: number): string {
  const bytes = [0, 8, 16, 24].map((bits) => (number >> bits) & 0xff);
  return String.fromCharCode(...bytes);
}

/** A text with the values in it, where it has `$name` or `${name}`, or the value itself where that is all of the text. */
export function fillText(text: string, values: Values): string | number {
  const whole = /^\$([a-z]+)$/.exec(text)?.[1];
  if (whole !== undefined && whole in values) return values[whole];
  return text.replace(
    /\$(?:([a-z]+)|\{([a-z]+)\})/g,
    (match, plain, braced) => String(values[plain ?? braced] ?? match),
  );
}

/** A message of the kit, with the values in it. */
export function fill(message: Message, values: Values): Message {
  if (typeof message === "string") return fillText(message, values);
  if (!isMessageMap(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [key, fill(value, values)]),
  );
}
