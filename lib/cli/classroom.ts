/**
 * `server --classroom`: for a class that looks at the server's screen.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { bigLetters } from "./big_letters.ts";
import { counted } from "./escape.ts";

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
  /** Draws. */
  write(text: string): void;
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
  // Four times a second at most, and only if something changed: it may wait.
  write: (text) => void Deno.stderr.writeSync(encoder.encode(text)),
};

function isDumb(): boolean {
  try {
    return Deno.env.get("TERM") === "dumb";
  } catch {
    return true; // without the permission to know, nothing is drawn
  }
}

/** What stands at the top of a screen; `undefined` if it has no room for it. */
function board(
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
    `${connected} connected    ${acknowledged} acknowledged`,
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
function news({ connected, acknowledged }: ClassroomState): string {
  return `${counted(connected, "client")} connected, ` +
    `${counted(acknowledged, "student")} acknowledged`;
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
  let told = { line: "", at: -Infinity };
  let shown = "";
  /** The screen on which it is shown, if it is. */
  let drawn: Size | undefined;
  while (!over.aborted) {
    const state = look();
    const size = screen.size();
    const lines = size && board(state, size);
    if (size && lines) {
      const isSame = size.columns === drawn?.columns &&
        size.rows === drawn.rows;
      const text = isSame ? redraw(lines) : frame(lines, size.rows);
      if (!isSame || text !== shown) screen.write(text);
      shown = redraw(lines);
    } else {
      if (drawn) screen.write(release(drawn.rows));
      const line = news(state);
      const isDue = performance.now() - told.at >= NEWS;
      if (isDue && line !== told.line) {
        report(line);
        told = { line, at: performance.now() };
      }
    }
    drawn = lines && size;
    await delay(LOOK, { signal: over }).catch(() => {});
  }
  if (drawn) screen.write(release(drawn.rows));
}

/** An empty screen with these lines at its top, under which everything else scrolls. */
function frame(lines: readonly string[], rows: number): string {
  const region = `\x1b[${lines.length + 1};${rows}r`;
  return `\x1b[r\x1b[2J${redraw(lines)}${region}\x1b[${rows};1H`;
}

/** The lines at the top, with the cursor where it was. */
function redraw(lines: readonly string[]): string {
  const drawn = lines.map((line, i) => `\x1b[${i + 1};1H${line}\x1b[K`);
  return `\x1b7${drawn.join("")}\x1b8`;
}

/** The whole screen scrolls again. */
function release(rows: number): string {
  return `\x1b7\x1b[r\x1b8\x1b[${rows};1H\n`;
}
