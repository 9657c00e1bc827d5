/**
 * `roster --watch`: shows what has changed, until it is stopped.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { write } from "../../output.ts";
import { isDumb } from "../page.ts";
import { Failure } from "../program.ts";
import { asTable, type Listing } from "./listing.ts";

/** The least pause after a look, in milliseconds. */
const PAUSE = 1000;
/** How many times as long as a look the pause takes at least: a large roster must not keep the machine busy. */
const PAUSES = 10;

/** Where a listing is shown. It has a size if it can be drawn on. */
export interface Paper {
  /** Its size in characters; `undefined` if it cannot be drawn on. */
  size(): { columns: number; rows: number } | undefined;
  /** Writes a text. Resolves to whether there is still a reader. */
  write(text: string): Promise<boolean>;
}

/** Standard output. It can be drawn on if it is a terminal that can move its cursor. */
export const STDOUT: Paper = {
  size: () =>
    Deno.stdout.isTerminal() && !isDumb() ? Deno.consoleSize() : undefined,
  write,
};

/**
 * Shows what `look` returns, as often as that changes, until `stop` aborts or there is no
 * reader. A terminal is drawn again. Elsewhere, only new rows are printed.
 *
 * @throws {Failure} If the first look fails.
 */
export async function watch(
  look: () => Promise<Listing>,
  stop: AbortSignal,
  paper: Paper = STDOUT,
): Promise<void> {
  let started = performance.now();
  let listing = await look();
  const view = paper.size() ? new Drawing(paper) : new Printing(paper);
  for (;;) {
    if (!await view.show(listing)) return;
    const pause = Math.max(PAUSE, (performance.now() - started) * PAUSES);
    const isStopped = await delay(pause, { signal: stop })
      .then(() => false, () => true);
    if (isStopped) return;
    started = performance.now();
    listing = await look().catch((error) => failed(listing, error));
  }
}

/** Returns the last listing, with the reason why there is no newer one. */
function failed(last: Listing, error: unknown): Listing {
  if (!(error instanceof Failure)) throw error;
  return { ...last, summary: `Not up to date. ${error.message}` };
}

/** Prints rows that were not printed yet. */
class Printing {
  #paper: Paper;
  #printed = new Set<string>();
  #isFirst = true;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  show(listing: Listing): Promise<boolean> {
    const isNew = listing.keys.map((key) => !this.#printed.has(key));
    for (const key of listing.keys) this.#printed.add(key);
    if (!this.#isFirst && !isNew.includes(true)) return Promise.resolve(true);
    const [head, ...rows] = asTable(listing).trimEnd().split("\n");
    const lines = rows.filter((_, i) => isNew[i]);
    if (this.#isFirst) lines.unshift(head);
    this.#isFirst = false;
    const text = lines.map((line) => `${line}\n`).join("");
    return this.#paper.write(text);
  }
}

/** Draws a listing again in its place, as far as it fits. */
class Drawing {
  #paper: Paper;
  #drawn = "";
  #size = "";
  #height = 0;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  async show(listing: Listing): Promise<boolean> {
    const { columns, rows } = this.#paper.size() ?? { columns: 80, rows: 24 };
    const size = `${columns}x${rows}`;
    const lines = linesOf(listing, columns, rows);
    const text = lines.map((line) => `${line}\x1b[K\n`).join("");
    if (text === this.#drawn && size === this.#size) return true;
    // Without wrapping, no line takes two: not even one with a character that
    // this terminal draws wider than others.
    const place = size === this.#size
      ? `\x1b[${this.#height}A`
      : "\x1b[H\x1b[2J";
    this.#drawn = text;
    this.#size = size;
    this.#height = lines.length;
    return await this.#paper.write(`\x1b[?7l${place}${text}\x1b[J\x1b[?7h`);
  }
}

function linesOf(listing: Listing, columns: number, rows: number): string[] {
  const most = Math.max(1, rows - 4); // besides the title, the summary, the hint and the cursor
  const hidden = listing.rows.length - most;
  const more = hidden > 0 ? `${hidden} more do not fit. ` : "";
  const lines = asTable(
    { ...listing, rows: listing.rows.slice(0, most) },
    columns - 1,
  ).trimEnd().split("\n");
  const below = [listing.summary, `${more}Ctrl-C ends this`];
  return [...lines, ...below.map((line) => line.slice(0, columns - 1))];
}
