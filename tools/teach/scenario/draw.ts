/**
 * Drawing a story: a column for each participant, a row for each event.
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
import { fold } from "../../../lib/cli/page.ts";
import type { TextTable } from "../../terminal/screen.ts";

/** Characters of the time. */
const TIME = 5;
/** Characters of a column at most, and at least; the last may be wider. */
const WIDEST = 16;
const NARROWEST = 6;
/** Characters of the bar before a column, and of the space behind it. */
const BAR = 2;

/**
 * The columns: clients in the order in which they come, the accept loop,
 * handlers, and the rest.
 */
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

/** Returns how many characters the longest word of a text has. */
function longestWord(text: string): number {
  return Math.max(...text.split(" ").map(({ length }) => length));
}

/**
 * Returns the widths of all columns except the last. If possible, they take at
 * most `room` together. Each is at least as wide as the longest word of its
 * head. Words are broken only if the columns together would need more than
 * `most`.
 */
function widthsOf(
  columns: readonly string[],
  room: number,
  most: number,
): number[] {
  const least = columns.map((column) => BAR + longestWord(column));
  const widths = (each: number, top: number) =>
    least.map((min) => Math.min(top, Math.max(min, each)));
  const total = (each: number, top: number) =>
    widths(each, top).reduce((sum, width) => sum + width, 0);
  let [each, top] = [WIDEST, WIDEST];
  while (each > 0 && total(each, top) > room) each--;
  while (top > NARROWEST && total(each, top) > most) top--;
  return widths(each, top);
}

/** Draws the events, on lines of at most `width` characters. */
export function draw(events: readonly Event[], width: number): TextTable {
  const columns = columnsOf(events);
  const last = events.filter(({ who }) => who === columns.at(-1));
  const longest = Math.max(...last.map(({ what }) => what.length));
  const room = width - TIME - BAR;
  const widths = widthsOf(
    columns.slice(0, -1),
    Math.max(room / 2, room - longest),
    room - longestWord(columns.at(-1)!),
  );
  let next = TIME;
  const starts = [TIME, ...widths.map((wide) => next += wide)];

  const heads = columns.map((column, i) =>
    fold(column, (starts[i + 1] ?? width) - starts[i] - BAR)
  );
  const height = Math.max(...heads.map(({ length }) => length));
  const head = Array.from({ length: height }, (_, i) => {
    const texts = heads.map((head, column) =>
      `| ${head[i] ?? ""}`.padEnd(widths[column] ?? 0)
    );
    return (i === 0 ? "  ms" : "").padEnd(TIME) + texts.join("");
  });
  const toEnd = width - starts[starts.length - 1];
  const rule = [...widths, Math.min(WIDEST, toEnd)]
    .map((wide) => `+${"-".repeat(Math.max(0, wide - 1))}`);
  head.push("-".repeat(TIME) + rule.join(""));

  const empty = widths.map((wide) => "|".padEnd(wide)).join("") + "|";
  const rows: string[] = [];
  let before = -1;
  for (const { at, who, what } of events) {
    // The row has no other text, so this text may extend over the columns to
    // its right.
    const start = starts[columns.indexOf(who)];
    const texts = fold(what, width - start - BAR);
    texts.forEach((text, i) => {
      const time = at === before || i > 0 ? "" : `${at}`;
      const line = time.padStart(TIME - 1) + " " + empty;
      const end = start + BAR + text.length;
      rows.push(`${line.slice(0, start)}| ${text} ${line.slice(end + 1)}`);
    });
    before = at;
  }
  const trimmed = (lines: string[]) => lines.map((line) => line.trimEnd());
  return { head: trimmed(head), rows: trimmed(rows) };
}
