/**
 * Fitting text and tables to the terminal.
 *
 * @module
 */

/** Width of a page in characters, where stdout is no terminal. */
const PAGE = 100;
/** The least and the greatest width that is used of a terminal. */
const NARROWEST = 60;
const WIDEST = 120;

/** Returns the width of a page in characters: that of the terminal, if stdout is one. */
export function pageWidth(): number {
  if (!Deno.stdout.isTerminal()) return PAGE;
  const columns = Deno.consoleSize().columns || PAGE; // some report 0
  return Math.max(NARROWEST, Math.min(WIDEST, columns));
}

/** Breaks a text into lines of at most `width` characters, between words where it can. */
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

/** Folds a text behind its title. */
export function labelled(
  title: string,
  text: string,
  width: number,
): string[] {
  return fold(text, width - title.length)
    .map((line, i) => (i === 0 ? title : " ".repeat(title.length)) + line);
}

/** A table as lines of text. */
export interface TextTable {
  /** The lines that say what the columns are. */
  head: string[];
  /** The lines below them. */
  rows: string[];
}

/** A part of a table that is shorter than this gets no head of its own. */
const SHORTEST_PART = 5;

/**
 * Returns the lines of a table, with `footer` below. The head is repeated so
 * that each screen of a terminal shows it: the last part, its head, the footer
 * and two more lines, for a hint and the prompt, fill the last screen.
 */
export function withFooter(
  { head, rows }: TextTable,
  footer: readonly string[],
  screen: number = screenHeight(),
): string[] {
  const most = screen - footer.length - 2 - head.length;
  const each = Math.max(SHORTEST_PART, most);
  const first = rows.length % each || each;
  const lines = [...head, ...rows.slice(0, first)];
  for (let at = first; at < rows.length; at += each) {
    lines.push(...head, ...rows.slice(at, at + each));
  }
  return [...lines, ...footer];
}

/** The rows of the terminal; `Infinity` if stdout is no terminal. */
function screenHeight(): number {
  return Deno.stdout.isTerminal() && Deno.consoleSize().rows || Infinity;
}
