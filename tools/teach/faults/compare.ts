/**
 * Two stories side by side.
 *
 * @module
 */

import { labelled } from "../../../lib/cli/page.ts";
import type { TextTable } from "../../terminal/screen.ts";
import type { Event } from "../scenario/story.ts";

/** A row: an event on the left, on the right, or on both sides. */
interface Row {
  left?: Event;
  right?: Event;
}

/** How many equal rows are shown before and after a difference. */
const CONTEXT = 4;
/**
 * The narrowest column for texts, in characters. If there is less room, names
 * and texts share a column.
 */
const NARROWEST_TEXT = 20;

function isSame(a: Event, b: Event): boolean {
  return a.who === b.who && a.what === b.what;
}

/** Puts the same events of two stories into the same rows, as many as can be. */
function align(left: readonly Event[], right: readonly Event[]): Row[] {
  // same[i][j]: the most equal events that the rests of both stories, from i
  // and j on, can share.
  const same = Array.from(
    { length: left.length + 1 },
    () => new Uint16Array(right.length + 1),
  );
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      same[i][j] = isSame(left[i], right[j])
        ? same[i + 1][j + 1] + 1
        : Math.max(same[i + 1][j], same[i][j + 1]);
    }
  }
  const rows: Row[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const both = i < left.length && j < right.length;
    if (both && isSame(left[i], right[j])) {
      rows.push({ left: left[i++], right: right[j++] });
    } else if (
      i < left.length && (!both || same[i + 1][j] >= same[i][j + 1])
    ) rows.push({ left: left[i++] });
    else rows.push({ right: right[j++] });
  }
  return inTime(rows);
}

/** Sorts the rows that are on one side only by their times, between those that are on both. */
function inTime(rows: readonly Row[]): Row[] {
  const time = ({ left, right }: Row) => (left ?? right)!.at;
  const sorted: Row[] = [];
  let single: Row[] = [];
  for (const row of rows) {
    if (!row.left || !row.right) {
      single.push(row);
      continue;
    }
    sorted.push(...single.sort((a, b) => time(a) - time(b)), row);
    single = [];
  }
  return [...sorted, ...single.sort((a, b) => time(a) - time(b))];
}

/** Draws two stories side by side, on lines of at most `width` characters. */
export function compare(
  [leftTitle, left]: readonly [string, readonly Event[]],
  [rightTitle, right]: readonly [string, readonly Event[]],
  width: number,
): TextTable {
  const half = Math.max(1, Math.floor((width - 3) / 2));
  const names = [...left, ...right].map(({ who }) => who.length);
  const name = Math.max(...names);
  const isWide = half - (4 + 2 + name + 2) >= NARROWEST_TEXT;
  const cells = (event: Event | undefined) => {
    if (!event) return [];
    const { at, who, what } = event;
    const time = `${at}`.padStart(4) + "  ";
    return isWide
      ? labelled(`${time}${who.padEnd(name)}  `, what, half)
      : labelled(time, `${who}: ${what}`, half);
  };
  const line = (a: string, gutter: string, b: string) =>
    `${a.padEnd(half)} ${gutter} ${b}`.trimEnd();
  const head = [
    line(leftTitle, "|", rightTitle),
    "-".repeat(half) + "-+-" + "-".repeat(half),
  ];
  const lines: string[] = [];
  const rows = align(left, right);
  const differs = rows.map((row) => !row.left || !row.right);
  let skipped = false;
  rows.forEach((row, i) => {
    const near = differs.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1);
    if (near.includes(true)) {
      const [a, b] = [cells(row.left), cells(row.right)];
      const gutter = row.left && row.right ? "|" : row.left ? "<" : ">";
      const height = Math.max(a.length, b.length);
      for (let k = 0; k < height; k++) {
        lines.push(line(a[k] ?? "", gutter, b[k] ?? ""));
      }
    } else if (!skipped) lines.push(line("   ...", "|", "   ..."));
    skipped = !near.includes(true);
  });
  return { head, rows: lines };
}
