/**
 * Deadline.
 *
 * @module
 */

import { IdleTimer } from "./idle_timer.ts";

/** Calls back if something that was started is not stopped in time. */
export class Deadline implements Disposable {
  #ms: number;
  #onLate: () => void;
  #timer: IdleTimer | undefined;

  /** Allows so many seconds; 0 is any time. */
  constructor(seconds: number, onLate: () => void) {
    this.#ms = seconds * 1000;
    this.#onLate = onLate;
  }

  /** Whether it was started, and not stopped. */
  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts it, unless it is running. */
  start(): void {
    if (this.#ms === 0 || this.#timer) return;
    this.#timer = new IdleTimer();
    this.#timer.reset();
    this.#timer.start(this.#ms, this.#onLate);
  }

  /** Stops it, if it is running. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
