/**
 * The values in the kit's messages. They are random, so that a program cannot
 * hard-code them, and come from a seed, so that a run can be repeated.
 *
 * @module
 */

import { isMessageMap, type Message } from "../../lib/formats/format.ts";
import { Random } from "../../lib/testing/random.ts";

const CONSONANTS = [..."bdfgklmnprstvz"];
const VOWELS = [..."aeiou"];

/** The values of the kit's `$` names. */
export type Values = Readonly<Record<string, string | number>>;

/** Generates values. */
export class Maker {
  #random: Random;
  #sids = new Set<number>();

  /** Derives the values from the seed and the check's name, so that they do not depend on other checks. */
  constructor(seed: number, check: string) {
    let state = seed;
    for (const letter of check) {
      state = Math.imul(state, 31) + letter.charCodeAt(0);
    }
    this.#random = new Random(state);
  }

  /** Returns a new student. The sid is unique within the check. */
  student(): Values {
    const name = `${this.#word()} ${this.#word()}`;
    const sid = this.#sid();
    return {
      name,
      github: `${this.#word().toLowerCase()}${this.#digits(5)}`,
      sid,
      sidbytes: bytesOf(sid),
      // Longer than one `recv(4096)`, shorter than two.
      hugename: this.#long(5000, 2000),
      // A request has it once and fits into 512 bytes. A line has it twice: four lines fill a page of a pipe.
      longname: this.#long(400, 1),
      // 0x2e ends a pickle, unless it is part of a value.
      dotname: `${this.#word()}. ${this.#word()}...`,
      dotsid: 0x2e2e2e2e,
      id: 1024 + this.#random.below(64_000),
    };
  }

  /** Returns a number that no other student of the check has: it identifies the student's line. */
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

  /** Repeats a word to a length of at least `least` characters, but less than `least + more`. */
  #long(least: number, more: number): string {
    const length = this.#undotted(() => least + this.#random.below(more));
    const word = `${this.#word()} `;
    const words = word.repeat(Math.ceil(length / word.length));
    return words.slice(0, length - 1) + "x"; // not a space at the end
  }

  /** Returns a number without the byte 0x2e, a dot: only one check tests for dots. */
  #undotted(draw: () => number): number {
    for (;;) {
      const number = draw();
      if (!bytesOf(number).includes(".")) return number;
    }
  }
}

/** Returns the four bytes of a number in a pickle, each as a character. */
function bytesOf(number: number): string {
  const bytes = [0, 8, 16, 24].map((bits) => (number >> bits) & 0xff);
  return String.fromCharCode(...bytes);
}

/** Fills values into a text for `$name` and `${name}`. A text that is only `$name` becomes the value itself. */
export function fillText(text: string, values: Values): string | number {
  const whole = /^\$([a-z]+)$/.exec(text)?.[1];
  if (whole !== undefined && whole in values) return values[whole];
  return text.replace(
    /\$(?:([a-z]+)|\{([a-z]+)\})/g,
    (match, plain, braced) => String(values[plain ?? braced] ?? match),
  );
}

/** Fills values into a message of the kit. */
export function fill(message: Message, values: Values): Message {
  if (typeof message === "string") return fillText(message, values);
  if (!isMessageMap(message)) return message;
  return Object.fromEntries(
    Object.entries(message).map(([key, value]) => [key, fill(value, values)]),
  );
}
