/**
 * Accepts the clients of one listener.
 *
 * @module
 */

import { type Accepted, closeOnce, type Listener } from "../net.ts";
import { noteNewcomer, yieldIfDue } from "./fairness.ts";

/** How many clients are accepted before the other sockets are polled. */
const ACCEPTED_AT_ONCE = 16;
/** A failure is reported only if the last one was at least so long ago, in milliseconds. */
const NEWS_REST = 10_000;

/** Accepts clients, and knows how long none has come. */
export class Acceptor {
  /** The listener. */
  readonly listener: Listener;
  #accepted = 0;
  /** Since when it waits for a client, in `performance.now()` time; `Infinity` if it does not. */
  #waitingSince = Infinity;
  #failedAt = -Infinity;
  #isClosed = false;

  /** Creates the acceptor of a listener. */
  constructor(listener: Listener) {
    this.listener = listener;
  }

  /**
   * Resolves to the next client's connection. Yields now and then, so that the other
   * sockets are polled: while a client is waiting, `listener.accept()` resolves without
   * a poll, and a flood of connections would block all other clients.
   */
  async accept(): Promise<Accepted> {
    if (++this.#accepted % ACCEPTED_AT_ONCE === 0) await yieldIfDue();
    this.#waitingSince = performance.now();
    try {
      const conn = await this.listener.accept();
      noteNewcomer();
      return conn;
    } finally {
      this.#waitingSince = Infinity;
    }
  }

  /** How long it has waited for a client, in milliseconds; less than 0 while it does not wait, and `Infinity` once it is closed. */
  get idleFor(): number {
    if (this.#isClosed) return Infinity;
    return performance.now() - this.#waitingSince;
  }

  /** Closes the listener. */
  close(): void {
    this.#isClosed = true;
    closeOnce(this.listener);
  }

  /** Notes a failure. Returns whether to report it. */
  noteFailure(): boolean {
    const now = performance.now();
    const isNews = now - this.#failedAt > NEWS_REST;
    this.#failedAt = now;
    return isNews;
  }
}
