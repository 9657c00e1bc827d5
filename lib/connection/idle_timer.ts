/**
 * Noticing that nothing happens.
 *
 * @module
 */

/** Calls back once nothing was heard for a time. */
export class QuietTimer implements Disposable {
  #ms: number;
  #onQuiet: () => void;
  #heard = performance.now();
  #sure = false;
  #timer: ReturnType<typeof setTimeout>;

  /** Waits until `ms` milliseconds went by without a {@linkcode touch}. */
  constructor(ms: number, onQuiet: () => void) {
    this.#ms = ms;
    this.#onQuiet = onQuiet;
    this.#timer = setTimeout(this.#check, ms);
  }

  /** Says that something was heard. */
  touch(): void {
    this.#heard = performance.now();
    this.#sure = false;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  // A touch only notes the time: moving the timer each time would cost more.
  #check = (): void => {
    const left = this.#heard + this.#ms - performance.now();
    if (left <= 0 && this.#sure) return this.#onQuiet();
    // After a long turn of the event loop, what came may wait behind this
    // timer. One more turn makes sure.
    this.#sure = left <= 0;
    this.#timer = setTimeout(this.#check, Math.max(1, Math.ceil(left)));
  };
}
