/**
 * Students' numbers for a screen that others see.
 *
 * @module
 */

import { cut } from "../text.ts";

/** The most characters of a number that are shown. */
const SHOWN = 2;
/** The characters at its end that are looked at: a number may be a very long text. */
const LOOKED_AT = 64;

/**
 * Returns the last two letters or digits of a number, which tell two students of the
 * same name apart. At least half of the number stays hidden.
 */
export function endOf(number: string): string {
  const end = number.slice(-LOOKED_AT).replace(/^[\udc00-\udfff]/, "");
  const characters = end.match(/[\p{L}\p{N}]/gu) ?? [];
  const shown = Math.min(SHOWN, Math.floor(characters.length / 2));
  return characters.slice(characters.length - shown).join("");
}

/** Returns a number with a `*` for each character but those of {@linkcode endOf}. */
export function masked(number: string): string {
  const end = endOf(number);
  return "*".repeat([...number].length - [...end].length) + end;
}

/** Five or more digits, perhaps in groups: as long as a student's number. */
const NUMBER = /\p{Nd}(?:[\s.\-_/]?\p{Nd}){4,}/gu;
/** How many characters after those that are shown are looked at, too: a number may begin before the end. */
const BEYOND = 64;

/**
 * Returns a text with every number of five or more digits masked: students also write
 * theirs into other fields. Only what is within the first `longest` characters is masked.
 */
export function withoutNumbers(text: string, longest: number): string {
  const head = cut(text, longest + BEYOND);
  return head.replace(NUMBER, masked) + text.slice(head.length);
}

/** A number with its unit, as in `65536 bytes`. */
const WITH_UNIT = / (?:bytes|characters|items|messages|requests)/y;

/** Returns a line about a client with every such number masked, except in the client's address and before a unit. */
export function lineWithoutNumbers(line: string): string {
  const start = line.indexOf(" ") + 1;
  return line.slice(0, start) +
    line.slice(start).replace(NUMBER, (number, at: number, rest: string) => {
      WITH_UNIT.lastIndex = at + number.length;
      return WITH_UNIT.test(rest) ? number : masked(number);
    });
}
