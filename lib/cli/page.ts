/**
 * Text that fits the width of the terminal.
 *
 * @module
 */

/** Width of a page in characters, where stdout is no terminal. */
const PAGE = 100;
/** The least and the greatest width that is used of a terminal. */
const NARROWEST = 60;
const WIDEST = 120;

/**
 * Returns the width of a page in characters: that of the terminal, if stdout is
 * one.
 */
export function pageWidth(): number {
  if (!Deno.stdout.isTerminal()) return PAGE;
  const columns = Deno.consoleSize().columns || PAGE; // some report 0
  return Math.max(NARROWEST, Math.min(WIDEST, columns));
}

/** Whether the terminal cannot move its cursor. */
export function isDumb(): boolean {
  try {
    return Deno.env.get("TERM") === "dumb";
  } catch {
    return true; // without permission to read TERM, nothing is drawn
  }
}

/**
 * Breaks a text into lines of at most `width` characters, between words where
 * it can.
 */
export function fold(text: string, width: number): string[] {
  const most = Math.max(1, width);
  const lines: string[] = [];
  let line = "";
  for (let word of text.split(" ")) {
    if (line && line.length + 1 + word.length > most) {
      lines.push(line);
      line = "";
    }
    while (word.length > most) {
      lines.push(word.slice(0, most));
      word = word.slice(most);
    }
    line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}

/**
 * Folds a text into lines: the title stands before the first, and the others
 * are indented.
 */
export function labelled(
  title: string,
  text: string,
  width: number,
): string[] {
  return fold(text, width - title.length)
    .map((line, i) => (i === 0 ? title : " ".repeat(title.length)) + line);
}
