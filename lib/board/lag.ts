/**
 * How late the event loop is.
 *
 * @module
 */

/** How often to look, in milliseconds. */
const EVERY = 100;
/** The figure covers one to two times this, in milliseconds: as long as Prometheus pauses by default, or longer. */
const PERIOD = 30_000;

/** Measures how much later than asked a timer fires. */
export class EventLoopLag implements Disposable {
  #timer: ReturnType<typeof setInterval>;
  #expected: number;
  #began: number;
  #worst = 0;
  #worstBefore = 0;

  /** Begins to measure. */
  constructor() {
    this.#began = performance.now();
    this.#expected = this.#began + EVERY;
    this.#timer = setInterval(() => this.#look(), EVERY);
  }

  /** The longest delay of the last half minute or longer, in seconds. */
  get worst(): number {
    return Math.max(this.#worst, this.#worstBefore) / 1000;
  }

  #look(): void {
    const now = performance.now();
    if (now - this.#began >= PERIOD) {
      this.#worstBefore = this.#worst;
      this.#worst = 0;
      this.#began = now;
    }
    this.#worst = Math.max(this.#worst, now - this.#expected);
    this.#expected = now + EVERY;
  }

  /** Ends the measurement. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
