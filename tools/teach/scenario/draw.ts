/**
 * Drawing a story: a column for everybody, a row for each event.
 *
 * @module
 */

import {
  ACCEPT_LOOP,
  type Event,
  handlerOf,
  LOCK,
  ROSTER,
  STDERR,
  STDOUT,
} from "./story.ts";

/** Characters of the time. */
const TIME = 5;
/** Characters of a column at least, and at most; the last may be wider. */
const NARROW = 6;
const WIDE = 16;

/** The columns: clients in the order in which they come, the accept loop, handlers, and the rest. */
function columnsOf(events: readonly Event[]): string[] {
  const present = new Set(events.map(({ who }) => who));
  const shared = [LOCK, ROSTER, STDOUT, STDERR];
  const others = new Set([ACCEPT_LOOP, ...shared]);
  for (const who of present) others.add(handlerOf(who));
  const clients = [...present].filter((who) => !others.has(who));
  const handlers = clients.map(handlerOf);
  return [...clients, ACCEPT_LOOP, ...handlers, ...shared]
    .filter((who) => present.has(who));
}

/** Characters of a line, at most, and at least: a narrower terminal breaks the lines. */
const PAGE = 100;
const NARROW_PAGE = 60;

/** Characters of a line: as many as the terminal has, if stdout is one that says so. */
export function pageWidth(): number {
  if (!Deno.stdout.isTerminal()) return PAGE;
  const columns = Deno.consoleSize().columns || PAGE; // some say 0
  return Math.max(NARROW_PAGE, Math.min(PAGE, columns));
}

/** Breaks a text into lines of so many characters, between words where it can. */
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

/** Draws the events, on lines of at most `width` characters. */
export function draw(events: readonly Event[], width: number): string[] {
  const columns = columnsOf(events);
  const last = events.filter(({ who }) => who === columns.at(-1));
  const longest = Math.max(...last.map(({ what }) => what.length)) + 2;
  const share = (width - TIME - longest) / (columns.length - 1);
  const wide = Math.max(NARROW, Math.min(WIDE, Math.floor(share)));
  const starts = columns.map((_, i) => TIME + i * wide);

  const heads = columns.map((column, i) =>
    fold(column, (starts[i + 1] ?? width) - starts[i] - 2)
  );
  const height = Math.max(...heads.map(({ length }) => length));
  const lines = Array.from({ length: height }, (_, i) => {
    const texts = heads.map((head) => `| ${head[i] ?? ""}`.padEnd(wide));
    return `${i === 0 ? "  ms" : ""}`.padEnd(TIME) + texts.join("");
  });
  const rule = "-".repeat(TIME) +
    `+${"-".repeat(wide - 1)}`.repeat(columns.length);
  lines.push(rule.slice(0, width));

  const empty = "|".padEnd(wide).repeat(columns.length);
  let before = -1;
  for (const { at, who, what } of events) {
    // Nothing else stands in the row, so a text may go on over the columns behind it.
    const start = starts[columns.indexOf(who)];
    const texts = fold(what, width - start - 2);
    texts.forEach((text, i) => {
      const time = at === before || i > 0 ? "" : `${at}`;
      const line = time.padStart(TIME - 1) + " " + empty;
      const end = start + 2 + text.length;
      lines.push(`${line.slice(0, start)}| ${text} ${line.slice(end + 1)}`);
    });
    before = at;
  }
  return lines.map((line) => line.trimEnd());
}
