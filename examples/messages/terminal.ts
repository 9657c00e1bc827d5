import process from "node:process";
import * as readline from "node:readline";
import { firstColumns } from "@rollcall/rollcall/text";

const LONGEST = 1000; // characters of a line: the server takes fewer

/** Node's line editor. `prevRows` is on which row of its line the cursor is. */
type Editor = readline.Interface & {
  prevRows?: number;
  _insertString(text: string): void;
};

/** The lines of a user. In a pipe, they are plain. */
export class Terminal {
  readonly #isTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  readonly #editor = readline.createInterface({
    input: process.stdin,
    output: this.#isTerminal ? process.stdout : undefined,
    terminal: this.#isTerminal,
  }) as Editor;
  readonly #lines = this.#editor[Symbol.asyncIterator]();
  #isClosed = false;

  constructor() {
    if (!this.#isTerminal) return;
    this.#editor.on("close", () => this.close()); // at Ctrl-C and Ctrl-D
    this.#editor.on("line", () => this.#editor.prompt()); // before the answer
    this.#editor.on("SIGTSTP", () => {}); // Ctrl-Z would not stop deno task
    // The editor takes minutes for a pasted line of 100,000 characters.
    const insert = this.#editor._insertString;
    this.#editor._insertString = (text) => {
      if (this.#editor.line.length < LONGEST) insert.call(this.#editor, text);
    };
    // Wider, the line has fewer rows: the editor must not clear those above it.
    process.stdout.prependListener("resize", () => {
      const { rows } = this.#editor.getCursorPos();
      this.#editor.prevRows = Math.min(this.#editor.prevRows ?? 0, rows);
    });
  }

  /** Resolves to the user's next line; `undefined` if the user has ended the program. */
  async ask(prompt: string): Promise<string | undefined> {
    this.setPrompt(prompt);
    return (await this.#lines.next()).value?.slice(0, LONGEST);
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
    process.stdout.write(rowsOf(line).join("\n") + "\n");
    if (!this.#isClosed) this.#editor.prompt(true);
  }

  close(): void {
    if (this.#isTerminal && !this.#isClosed) this.#clear();
    this.#isClosed = true;
    this.#editor.close();
  }

  /** Clears the line that the user edits, which may have several rows. */
  #clear(): void {
    readline.moveCursor(process.stdout, 0, -this.#editor.getCursorPos().rows);
    readline.cursorTo(process.stdout, 0);
    readline.clearScreenDown(process.stdout);
    this.#editor.prevRows = 0;
  }
}

/** Cuts a line into rows. All but the first are indented: none can look like a line. */
function rowsOf(line: string): string[] {
  const most = Math.max(process.stdout.columns, 20) - 1;
  let row = firstColumns(line, most);
  if (row === line) return [line];
  const space = row.lastIndexOf(" ");
  if (space > most / 2) row = row.slice(0, space);
  return [row, ...rowsOf(`        ${line.slice(row.length).trimStart()}`)];
}
