/**
 * JSON that is safe to look at.
 *
 * @module
 */

/** Characters that could move the cursor, or hide. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Returns an array as JSON, an element on each line. To a JSON parser, the texts are exact. */
export function json(elements: readonly unknown[]): string {
  const lines = elements.map((element) =>
    `  ${JSON.stringify(element).replace(UNSAFE, escaped)}`
  );
  return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

function escaped(character: string): string {
  return character.split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
