/**
 * `server --classroom`: what a class sees on the server's screen.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { bigLetters } from "./big_letters.ts";
import { isDumb } from "./page.ts";
import { counted } from "../text.ts";

/** What a class sees of the server. */
export interface ClassroomState {
  /** The server's addresses for clients, the likeliest first. */
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
  /** Characters per line. */
  columns: number;
  /** The number of lines. */
  rows: number;
}

/** The screen that a class sees. */
export interface Screen {
  /** Its size; `undefined` if it cannot be drawn on. */
  size(): Size | undefined;
  /** Writes text to it. Resolves when that is done. */
  write(text: string): Promise<void>;
}

/** The time between two reads of the state, in milliseconds. */
const LOOK = 250;
/** The least time between two lines about the state, in milliseconds. */
const NEWS = 5_000;
/** The least number of rows for the lab's lines. */
const LINES = 4;

const encoder = new TextEncoder();

/** Standard error, if it is a terminal that can move its cursor. */
export const TERMINAL: Screen = {
  size: () =>
    Deno.stderr.isTerminal() && !isDumb() ? Deno.consoleSize() : undefined,
  async write(text) {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(await Deno.stderr.write(rest));
    }
  },
};

/** Returns the lines for the top of the screen; `undefined` if they do not fit. */
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

/** Returns the same as one line of text. */
function news(state: ClassroomState): string {
  const { addresses: [address], port, connected, acknowledged } = state;
  return `At ${address}, port ${port}: ${counted(connected, "client")} ` +
    `connected, ${counted(acknowledged, "student")} acknowledged`;
}

/**
 * Shows the server's address and the number of clients and students to a class,
 * until `over` aborts. They stand at the top of the screen, above the lines that
 * scroll. If the screen cannot show them there, `report` is called with a line
 * from time to time.
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

/** The top of a screen. Callers wait for one drawing before they start the next. */
class Board {
  #screen: Screen;
  /** The text on the screen, and the size of the screen when it was drawn. */
  #shown = "";
  #size: Size | undefined;
  #broken = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  /** Draws a state. Resolves to whether it is visible. */
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

  /**
   * Lets the whole screen scroll again. Resolves to whether anything was drawn
   * on it.
   */
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
      this.#broken = true; // from now on, the state is reported in lines
    }
  }
}

const CLEAR = "\x1b[r\x1b[2J";

/**
 * Returns codes that let only the rows from `first` scroll, and put the cursor
 * into the last row.
 */
function region(first: number, rows: number): string {
  return `\x1b[${first};${rows}r\x1b[${rows};1H`;
}

/**
 * Returns codes that draw the lines at the top, and keep the cursor where it
 * was.
 */
function redraw(lines: readonly string[]): string {
  const drawn = lines.map((line, i) => `\x1b[${i + 1};1H${line}\x1b[K`);
  return `\x1b7${drawn.join("")}\x1b8`;
}

/**
 * Returns codes that let the whole screen scroll, and put the cursor below
 * everything.
 */
function release(rows: number): string {
  return `\x1b[r\x1b[${rows};1H\n`;
}
