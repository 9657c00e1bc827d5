/**
 * Students' numbers for a screen that others see.
 *
 * @module
 */

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
