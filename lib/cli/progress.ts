/**
 * Showing how far a long job is.
 *
 * @module
 */

/** Characters of a full bar. */
const WIDTH = 30;
const encoder = new TextEncoder();

/** A bar on stderr, where that is a terminal, while a job of more than one step is not done. */
export class Progress implements Disposable {
  #total: number;
  #begin = performance.now();
  #shown = "";
  #visible: boolean;

  /** Begins a job of `total` steps. */
  constructor(total: number) {
    this.#total = total;
    this.#visible = total > 1 && Deno.stderr.isTerminal();
  }

  /** Shows that `done` steps are done. */
  show(done: number): void {
    const share = done / this.#total;
    const bar = "#".repeat(Math.floor(share * WIDTH)).padEnd(WIDTH, ".");
    this.#draw(`[${bar}] ${Math.floor(share * 100)} %`);
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    this.#draw("");
  }

  #draw(line: string): void {
    if (!this.#visible || line === this.#shown) return;
    this.#shown = line;
    // Drawn a hundred times at most, so it may wait for the terminal.
    Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
  }

  /** Says how many of the steps ended well, and how long all took. */
  summary(good: number, what: string): string {
    const seconds = (performance.now() - this.#begin) / 1000;
    const rate = Math.round(this.#total / seconds);
    return `${good} of ${this.#total} requests ${what} ` +
      `in ${seconds.toFixed(2)} s, ${rate} a second`;
  }
}
