/**
 * Showing how far a long job is.
 *
 * @module
 */

const WIDTH = 30;
const encoder = new TextEncoder();

/** A bar on stderr, where that is a terminal. */
export class Progress {
  #total: number;
  #shown = "";
  #visible = Deno.stderr.isTerminal();

  /** A bar that is full at `total`. */
  constructor(total: number) {
    this.#total = total;
  }

  /** Shows that `done` of the total are done. */
  show(done: number): void {
    const share = done / this.#total;
    const full = Math.floor(share * WIDTH);
    const bar = "#".repeat(full).padEnd(WIDTH, ".");
    this.#draw(`[${bar}] ${Math.floor(share * 100)} %`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#draw("");
  }

  #draw(line: string): void {
    if (!this.#visible || line === this.#shown) return;
    // A bar is redrawn a hundred times at most, so it may wait for the terminal.
    Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
    this.#shown = line;
  }
}
