/**
 * The timers of one connection: idle timer and deadline.
 *
 * @module
 */

/** Calls back when we have waited for the peer, and it was silent, for too long. */
export class IdleTimer implements Disposable {
  /** Since when we wait for the peer; `Infinity` while we do not. */
  #since = Infinity;
  #lastPartAt = performance.now();
  #hadMessages = false;
  #ms = Infinity;
  #onIdle: () => void = () => {};
  #wasLate = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Sets how many milliseconds of silence are too long, and what is then called. */
  arm(ms: number, onIdle: () => void): void {
    this[Symbol.dispose]();
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#wasLate = false;
    this.#timer = setTimeout(this.#check, ms);
  }

  /** Begins to wait for the peer, or begins anew, since it gave a sign. */
  waitFromNow(): void {
    this.#since = performance.now();
  }

  /** Ends the wait: from now on, the silence is our own. */
  stopWaiting(): void {
    this.#since = Infinity;
  }

  /** Whether we wait for the peer. */
  get isWaiting(): boolean {
    return this.#since < Infinity;
  }

  /** Notes that messages came. That needs no look at the clock: they are answered first. */
  noteMessages(): void {
    this.#hadMessages = true;
  }

  /** Notes that a part of a message came. The idle timer runs on: a dripping peer is idle, too. */
  notePart(): void {
    this.#lastPartAt = performance.now();
  }

  /** Notes that the peer accepted bytes, and whether more are to be written. */
  noteWritten(more: boolean): void {
    // Looking at the clock costs much, and here only a timer or a slow peer needs it.
    if (this.isWaiting && (more || this.#timer !== undefined)) {
      this.waitFromNow();
    }
  }

  /**
   * When we began to wait for the next message of a peer that has sent some, on
   * the clock of `performance.now()`; `-Infinity` if we do not.
   */
  get answeredAt(): number {
    return this.#hadMessages && this.isWaiting ? this.#since : -Infinity;
  }

  /** Whether we have waited for `ms` milliseconds, and no byte came meanwhile. */
  isIdle(ms: number): boolean {
    const since = Math.max(this.#since, this.#lastPartAt);
    return performance.now() - since >= ms;
  }

  /** Stops the timer. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  // Activity only changes a time: a new timer for each message would cost more.
  #check = (): void => {
    const left = Math.min(this.#since + this.#ms - performance.now(), this.#ms);
    if (left <= 0 && this.#wasLate) return this.#onIdle();
    // If the event loop was blocked, the peer's bytes may wait behind this
    // timer. A second check lets them be read first.
    this.#wasLate = left <= 0;
    this.#timer = setTimeout(this.#check, Math.max(1, Math.ceil(left)));
  };
}

/** Calls back if something that was started is not stopped in time. It uses an idle timer for its second check. */
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
    this.#timer.waitFromNow();
    this.#timer.arm(this.#ms, this.#onLate);
  }

  /** Stops it, if it is running. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
