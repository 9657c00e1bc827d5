/**
 * Tables that fit the terminal.
 *
 * @module
 */

/** A table as lines of text. */
export interface TextTable {
  /** The lines that say what the columns are. */
  head: string[];
  /** The lines below them. */
  rows: string[];
}

/** The least number of rows between two heads, except after the first head. */
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
export function screenHeight(): number {
  return Deno.stdout.isTerminal() && Deno.consoleSize().rows || Infinity;
}
