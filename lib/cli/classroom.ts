/**
 * `server --classroom`: for a class that looks at the server's screen.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { bigLetters } from "./big_letters.ts";
import { counted } from "../text.ts";

/** What a class sees of the server. */
export interface ClassroomState {
  /** Where clients find it, the most likely address first. */
  readonly addresses: readonly string[];
  /** The port. */
  readonly port: number;
  /** Clients that are connected. */
  readonly connected: number;
  /** Students that were acknowledged, each counted once. */
  readonly acknowledged: number;
}

/** The size of a terminal, in characters. */
export interface Size {
  /** Characters of a line. */
  columns: number;
  /** Lines. */
  rows: number;
}

/** Where a class looks. */
export interface Screen {
  /** Its size; `undefined` if it is none on which to draw. */
  size(): Size | undefined;
  /** Draws. Resolves when that is done. */
  write(text: string): Promise<void>;
}

/** Milliseconds between two looks at the state. */
const LOOK = 250;
/** Milliseconds between two lines about it, where nothing can be drawn. */
const NEWS = 5_000;
/** Rows for the lab's lines, at least. */
const LINES = 4;

const encoder = new TextEncoder();

/** Standard error, where it is a terminal that can move its cursor. */
export const TERMINAL: Screen = {
  size: () =>
    Deno.stderr.isTerminal() && !isDumb() ? Deno.consoleSize() : undefined,
  async write(text) {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(await Deno.stderr.write(rest));
    }
  },
};

function isDumb(): boolean {
  try {
    return Deno.env.get("TERM") === "dumb";
  } catch {
    return true; // without the permission to know, nothing is drawn
  }
}

/** What stands at the top of a screen; `undefined` if it has no room for it. */
function linesOf(
  { addresses, port, connected, acknowledged }: ClassroomState,
  { columns, rows }: Size,
): string[] | undefined {
  const [address, ...others] = addresses;
  const also = others.length > 0 ? `, or ${others.join(", ")}` : "";
  const bigAddress = bigLetters(address, columns) ?? [address];
  const bigPort = bigLetters(`${port}`, columns) ?? [`${port}`];
  const rest = [
    "",
    `--host ${address} --port ${port}${also}`,
    "",
    `${connected} connected    ${
      counted(acknowledged, "student")
    } acknowledged`,
    "-".repeat(columns),
  ];
  const boards = [[...bigAddress, "", ...bigPort, ...rest], [
    ...bigAddress,
    ...rest,
  ]];
  return boards.find(({ length }) => length + LINES <= rows)
    ?.map((line) => line.slice(0, columns));
}

/** The same, said in a line. */
function news(state: ClassroomState): string {
  const { addresses: [address], port, connected, acknowledged } = state;
  return `At ${address}, port ${port}: ${counted(connected, "client")} ` +
    `connected, ${counted(acknowledged, "student")} acknowledged`;
}

/**
 * Shows a class where the server is and how many it serves, until `over`
 * aborts: at the top of the screen, above the lines that scroll there; or, where
 * that cannot be, by a line to `report` from time to time.
 */
export async function showClassroom(
  look: () => ClassroomState,
  screen: Screen,
  report: (line: string) => void,
  over: AbortSignal,
): Promise<void> {
  const board = new Board(screen);
  let reported = { line: "", at: -Infinity };
  while (!over.aborted) {
    const state = look();
    if (!await board.draw(state)) {
      const line = news(state);
      const isDue = performance.now() - reported.at >= NEWS;
      if (isDue && line !== reported.line) {
        report(line);
        reported = { line, at: performance.now() };
      }
    }
    await delay(LOOK, { signal: over }).catch(() => {});
  }
  const last = news(look());
  if (!await board.end() && last !== reported.line) report(last);
}

/** The top of a screen. One drawing is under way at a time, the newest state the next. */
class Board {
  #screen: Screen;
  /** What is there, and the size of the screen where it is. */
  #shown = "";
  #size: Size | undefined;
  #broken = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Draws a state. Resolves to whether it can be seen. */
  async draw(state: ClassroomState): Promise<boolean> {
    const size = this.#broken ? undefined : this.#screen.size();
    const lines = size && linesOf(state, size);
    if (!size || !lines) {
      await this.end();
      return false;
    }
    const text = redraw(lines);
    if (size.columns !== this.#size?.columns || size.rows !== this.#size.rows) {
      const clear = this.#size ? "" : CLEAR;
      await this.#write(clear + text + region(lines.length + 1, size.rows));
    } else if (text !== this.#shown) await this.#write(text);
    this.#shown = text;
    this.#size = size;
    return !this.#broken;
  }

  /** Lets the whole screen scroll again. Resolves to whether anything was drawn on it. */
  async end(): Promise<boolean> {
    const size = this.#size;
    this.#size = undefined;
    if (size) await this.#write(release(size.rows));
    return size !== undefined && !this.#broken;
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#screen.write(text);
    } catch {
      this.#broken = true; // from now on, it is said in lines
    }
  }
}

const CLEAR = "\x1b[r\x1b[2J";

/** Has only the rows from `first` on scroll, with the cursor in the last one. */
function region(first: number, rows: number): string {
  return `\x1b[${first};${rows}r\x1b[${rows};1H`;
}

/** The lines at the top, with the cursor where it was. */
function redraw(lines: readonly string[]): string {
  const drawn = lines.map((line, i) => `\x1b[${i + 1};1H${line}\x1b[K`);
  return `\x1b7${drawn.join("")}\x1b8`;
}

/** The whole screen scrolls, with the cursor below all there is. */
function release(rows: number): string {
  return `\x1b[r\x1b[${rows};1H\n`;
}
