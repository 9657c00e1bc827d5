/**
 * A line that shows the progress of a long job.
 *
 * @module
 */

import { escape } from "../../lib/text.ts";

const encoder = new TextEncoder();

/** A line on stderr, if that is a terminal, that says what is being done. */
export class ProgressLine implements Disposable {
  #visible = Deno.stderr.isTerminal();

  /** Shows what is being done. */
  show(text: string): void {
    this.#draw(text);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    this.#draw("");
  }

  #draw(text: string): void {
    if (!this.#visible) return;
    // Cuts off text that does not fit, because a wrapped line cannot be erased.
    const { columns } = Deno.consoleSize();
    const line = escape(text).slice(0, Math.max(0, columns - 1));
    Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
  }
}
