/**
 * Big letters for addresses, which the last row of a classroom can read.
 *
 * @module
 */

/** The height of a letter, in rows. */
const LETTER_ROWS = 5;

/** The rows of each letter, from the top: `#` is a filled cell. */
const LETTERS: Readonly<Record<string, string>> = {
  "0": "### #.# #.# #.# ###",
  "1": ".#. ##. .#. .#. ###",
  "2": "### ..# ### #.. ###",
  "3": "### ..# ### ..# ###",
  "4": "#.# #.# ### ..# ..#",
  "5": "### #.. ### ..# ###",
  "6": "### #.. ### #.# ###",
  "7": "### ..# ..# .#. .#.",
  "8": "### #.# ### #.# ###",
  "9": "### #.# ### ..# ###",
  a: "### #.# ### #.# #.#",
  b: "##. #.# ##. #.# ##.",
  c: "### #.. #.. #.. ###",
  d: "##. #.# #.# #.# ##.",
  e: "### #.. ##. #.. ###",
  f: "### #.. ##. #.. #..",
  ".": ". . . . #",
  ":": ". # . # .",
  " ": "... ... ... ... ...",
};

/**
 * Returns a text in big letters, as wide as fits into `columns`; `undefined` if
 * it does not fit, or has a character that is not in `LETTERS`.
 */
export function bigLetters(
  text: string,
  columns: number,
): string[] | undefined {
  const letters = [...text].map((letter) => LETTERS[letter]?.split(" "));
  if (letters.some((rows) => rows === undefined)) return undefined;
  // A character of a terminal is about twice as high as wide.
  for (const wide of [2, 1]) {
    const lines = Array.from(
      { length: LETTER_ROWS },
      (_, row) =>
        letters.map((rows) =>
          rows[row].replaceAll("#", "█".repeat(wide))
            .replaceAll(".", " ".repeat(wide))
        ).join(" ".repeat(wide)),
    );
    if (lines[0].length <= columns) return lines;
  }
  return undefined;
}
