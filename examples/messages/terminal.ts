import process from "node:process";
import { clearScreenDown, createInterface, cursorTo } from "node:readline";
import { type Interface, moveCursor } from "node:readline";
import { firstColumns } from "@rollcall/rollcall/text";

/** The lines of a user. In a pipe, they are plain. */
export class Terminal {
  readonly #isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  /** Node's line editor. `prevRows` is on which row of its line the cursor is. */
  readonly #editor: Interface & { prevRows?: number } = createInterface({
    input: process.stdin,
    output: this.#isTerminal ? process.stdout : undefined,
    terminal: this.#isTerminal,
  });
  readonly #lines = this.#editor[Symbol.asyncIterator]();
  #isClosed = false;

  constructor() {
    if (!this.#isTerminal) return;
    this.#editor.on("close", () => this.close()); // at Ctrl-C and Ctrl-D
    this.#editor.on("line", () => this.#editor.prompt()); // before the answer
    // Wider, the line has fewer rows: the editor must not clear those above it.
    process.stdout.prependListener("resize", () => {
      const { rows } = this.#editor.getCursorPos();
      this.#editor.prevRows = Math.min(this.#editor.prevRows ?? 0, rows);
    });
  }

  /** Resolves to the user's next line; `undefined` if the user has ended the program. */
  async ask(prompt: string): Promise<string | undefined> {
    this.setPrompt(prompt);
    return (await this.#lines.next()).value;
  }

  setPrompt(prompt: string): void {
    if (!this.#isTerminal || this.#isClosed) return;
    this.#editor.setPrompt(prompt);
    this.#editor.prompt(true);
  }

  /** Prints a line above the one that the user edits. */
  show(line: string): void {
    if (!this.#isTerminal) return console.log(line);
    if (!this.#isClosed) this.#clear();
    const rows = rowsOf(line, process.stdout.columns);
    process.stdout.write(rows.join("\n") + "\n");
    if (!this.#isClosed) this.#editor.prompt(true);
  }

  close(): void {
    if (this.#isTerminal && !this.#isClosed) this.#clear();
    this.#isClosed = true;
    this.#editor.close();
  }

  /** Clears the line that the user edits, which may have several rows. */
  #clear(): void {
    moveCursor(process.stdout, 0, -this.#editor.getCursorPos().rows);
    cursorTo(process.stdout, 0);
    clearScreenDown(process.stdout);
    this.#editor.prevRows = 0;
  }
}

/** Cuts a line into rows. All but the first are indented: none can look like a line. */
function rowsOf(line: string, columns: number): string[] {
  const most = Math.max(columns, 40) - 1;
  let row = firstColumns(line, most);
  if (row === line) return [line];
  const space = row.lastIndexOf(" ");
  if (space > most / 2) row = row.slice(0, space);
  const rest = line.slice(row.length).trimStart();
  return [row, ...rowsOf(`        ${rest}`, columns)];
}
