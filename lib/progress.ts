/**
 * Progress bar and summary of a long job.
 *
 * @module
 */

import { Latencies } from "./latencies.ts";

/** Characters of a full bar. */
const WIDTH = 30;
const encoder = new TextEncoder();

/** A job of some steps, and a bar on stderr, if that is a terminal and there is more than one step. */
export class Progress implements Disposable {
  #total: number;
  #begin = performance.now();
  #latencies = new Latencies();
  #now: number | undefined;
  #done = 0;
  #percent = -1;
  #visible: boolean;

  /** Begins a job of `total` steps. */
  constructor(total: number) {
    this.#total = total;
    this.#visible = total > 1 && Deno.stderr.isTerminal();
  }

  /**
   * The time, as `performance.now()` gives it. It is looked at once for all
   * steps that end in one go, such as those whose answers came together: to
   * look for each would take a tenth of the time of the whole job.
   */
  get now(): number {
    if (this.#now === undefined) {
      this.#now = performance.now();
      queueMicrotask(() => this.#now = undefined);
    }
    return this.#now;
  }

  /** Notes that one more step is done, which took so many milliseconds. */
  step(ms: number): void {
    this.#latencies.add(ms);
    this.show(++this.#done);
  }

  /** Shows that `done` steps are done. */
  show(done: number): void {
    const percent = Math.floor(done / this.#total * 100);
    if (!this.#visible || percent === this.#percent) return;
    this.#percent = percent;
    const bar = "#".repeat(Math.floor(percent * WIDTH / 100));
    this.#draw(`[${bar.padEnd(WIDTH, ".")}] ${percent} %`);
  }

  /** Takes the bar away. */
  [Symbol.dispose](): void {
    if (this.#percent >= 0) this.#draw("");
  }

  #draw(line: string): void {
    // Drawn a hundred times at most, so it may wait for the terminal.
    Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
  }

  /** Says how many of the steps ended well, and how long all and each took. */
  summary(good: number, what: string): string {
    const seconds = (performance.now() - this.#begin) / 1000;
    const rate = Math.round(this.#total / seconds);
    const [p50, p99] = [0.5, 0.99].map((share) =>
      Number(this.#latencies.quantile(share).toPrecision(3))
    );
    return `${good} of ${this.#total} requests ${what} ` +
      `in ${seconds.toFixed(2)} s, ${rate} a second, ` +
      `p50 ${p50} ms, p99 ${p99} ms`;
  }
}
