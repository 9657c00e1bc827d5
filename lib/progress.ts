/**
 * Progress bar and summary of a long job.
 *
 * @module
 */

import { Latencies } from "./latencies.ts";

/** Characters of a full bar. */
const WIDTH = 30;
const encoder = new TextEncoder();

/** A job of several steps. Shows a bar if stderr is a terminal and there is more than one step. */
export class Progress implements Disposable {
  #total: number;
  #begin = performance.now();
  #latencies = new Latencies();
  #now: number | undefined;
  #done = 0;
  #percent = -1;
  #visible: boolean;

  /** Starts a job of `total` steps. */
  constructor(total: number) {
    this.#total = total;
    this.#visible = total > 1 && Deno.stderr.isTerminal();
  }

  /**
   * The time, from `performance.now()`. The clock is read only once for all
   * steps that end together, such as those whose answers arrive in one read:
   * reading the clock for each step would slow down the job.
   */
  get now(): number {
    if (this.#now === undefined) {
      this.#now = performance.now();
      queueMicrotask(() => this.#now = undefined);
    }
    return this.#now;
  }

  /** Counts one more finished step, which took `ms` milliseconds. */
  step(ms: number): void {
    this.#latencies.add(ms);
    this.show(++this.#done);
  }

  /** Draws the bar for `done` finished steps. */
  show(done: number): void {
    const percent = Math.floor(done / this.#total * 100);
    if (!this.#visible || percent === this.#percent) return;
    this.#percent = percent;
    const bar = "#".repeat(Math.floor(percent * WIDTH / 100));
    this.#draw(`[${bar.padEnd(WIDTH, ".")}] ${percent} %`);
  }

  /** Removes the bar. */
  [Symbol.dispose](): void {
    if (this.#percent >= 0) this.#draw("");
  }

  #draw(line: string): void {
    // Drawn only once per percent, so it may block until the terminal is ready.
    Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${line}`));
  }

  /** Returns the number of good steps, the total time, the rate, and the latencies. */
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
