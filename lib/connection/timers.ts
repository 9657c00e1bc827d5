/**
 * The timers of one connection: idle timer and deadline.
 *
 * @module
 */

/**
 * How long a peer is silent, as its handler's `idle` says.
 *
 * @example Closing the connections of silent clients
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 *
 * await using server = new Server({ port: 0 });
 * void server.run();
 * for (const handler of server.handlers.values()) {
 *   if (handler.idle.isIdle(60_000)) handler.close(); // silent for a minute
 * }
 * ```
 */
export interface Idleness {
  /**
   * When we began to wait for the next message of a peer that has sent some, in
   * `performance.now()` time; `-Infinity` if there is no such wait.
   */
  readonly answeredAt: number;
  /**
   * Whether we have waited for at least `ms` milliseconds without receiving a
   * byte.
   */
  isIdle(ms: number): boolean;
}

/** Calls back when the peer is silent for too long while we wait for it. */
export class IdleTimer implements Idleness, Disposable {
  /** When we began to wait for the peer; `Infinity` while we do not wait. */
  #since = Infinity;
  /** How many requests of the peer are being processed. */
  #held = 0;
  #lastPartAt = performance.now();
  #hadMessages = false;
  #ms = Infinity;
  #onIdle: () => void = () => {};
  #wasLate = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts the timer: `onIdle` is called after `ms` milliseconds of silence. */
  arm(ms: number, onIdle: () => void): void {
    this[Symbol.dispose]();
    this.#ms = ms;
    this.#onIdle = onIdle;
    this.#wasLate = false;
    this.#timer = setTimeout(this.#check, ms);
  }

  /** Starts to wait for the peer, or restarts the wait after activity. */
  waitFromNow(): void {
    this.#since = performance.now();
  }

  /** Ends the wait: our own processing time is not idle time of the peer. */
  stopWaiting(): void {
    this.#since = Infinity;
  }

  /**
   * Notes that a request is being processed while we read further ones. Until
   * {@linkcode release}, the peer is not idle.
   */
  hold(): void {
    this.#held++;
  }

  /** Notes that such a request was processed. */
  release(): void {
    this.#held--;
    if (this.isWaiting) this.waitFromNow();
  }

  /** Whether we wait for the peer, and process nothing for it. */
  get isWaiting(): boolean {
    return this.#since < Infinity && this.#held === 0;
  }

  /**
   * Notes that messages came. The time is not needed: the wait restarts after
   * the answers.
   */
  noteMessages(): void {
    this.#hadMessages = true;
  }

  /**
   * Notes that a part of a message came. The timer is not reset: a peer that
   * sends byte by byte is idle, too.
   */
  notePart(): void {
    this.#lastPartAt = performance.now();
  }

  /** Notes that the peer accepted bytes, and whether more are to be written. */
  noteWritten(more: boolean): void {
    // Reading the clock is slow, and here only a timer or a slow peer needs it.
    if (this.isWaiting && (more || this.#timer !== undefined)) {
      this.waitFromNow();
    }
  }

  get answeredAt(): number {
    return this.#hadMessages && this.isWaiting ? this.#since : -Infinity;
  }

  isIdle(ms: number): boolean {
    const since = Math.max(this.#since, this.#lastPartAt);
    return this.#held === 0 && performance.now() - since >= ms;
  }

  /** Stops the timer. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  // Activity only updates a time: a new timer for each message would be slower.
  #check = (): void => {
    const since = this.isWaiting ? this.#since : Infinity;
    const left = Math.min(since + this.#ms - performance.now(), this.#ms);
    if (left <= 0 && this.#wasLate) return this.#onIdle();
    // If the event loop was blocked, the peer's bytes may not be read yet. A
    // second check gives them time to be read first.
    this.#wasLate = left <= 0;
    this.#timer = setTimeout(this.#check, Math.max(1, Math.ceil(left)));
  };
}

/**
 * Calls back if it is started and not stopped in time. It uses an idle timer
 * because that checks twice before it calls back.
 */
export class Deadline implements Disposable {
  #ms: number;
  #onLate: () => void;
  #timer: IdleTimer | undefined;

  /** Creates a deadline of this many seconds; 0 means no limit. */
  constructor(seconds: number, onLate: () => void) {
    this.#ms = seconds * 1000;
    this.#onLate = onLate;
  }

  /** Whether the deadline is started and not stopped. */
  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts the deadline, unless it is running. */
  start(): void {
    if (this.#ms === 0 || this.#timer) return;
    this.#timer = new IdleTimer();
    this.#timer.waitFromNow();
    this.#timer.arm(this.#ms, this.#onLate);
  }

  /** Stops the deadline, if it is running. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
