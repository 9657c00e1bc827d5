/**
 * Noticing that something takes too long.
 *
 * @module
 */

import { QuietTimer } from "./idle_timer.ts";

/** Calls back once something that was begun was not done in time. */
export class Deadline implements Disposable {
  #seconds: number;
  #onLate: () => void;
  #timer: QuietTimer | undefined;

  /** What is begun must be done within so many seconds; 0 is never. */
  constructor(seconds: number, onLate: () => void) {
    this.#seconds = seconds;
    this.#onLate = onLate;
  }

  /** Whether it has begun, and is not done. */
  get begun(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins, unless it has. */
  begin(): void {
    if (this.#seconds === 0) return;
    this.#timer ??= new QuietTimer(this.#seconds * 1000, this.#onLate);
  }

  /** Says that it is done, if it was begun. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
