/**
 * Knowing when nobody waits to be accepted any more.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** Milliseconds without a failure that make the next one news. */
const NEWS = 10_000;
/** Milliseconds without a new client, twice in a row, that show an empty backlog. */
const QUIET = 25;

/** The clients that wait to be accepted, as far as the accept loop can tell. */
export class Backlog {
  /** Whether the accept loop rests, so that clients may be waiting for it. */
  #blocked = false;
  #failed = -Infinity;
  #accepted = 0;

  /** Notes that a client was accepted. */
  noteAccepted(): void {
    this.#accepted++;
  }

  /** Whether a failure to accept is not one of many, so that it should be told. */
  isNews(): boolean {
    const before = this.#failed;
    this.#failed = performance.now();
    return this.#failed - before > NEWS;
  }

  /** Notes that the accept loop waits for something before it goes on. */
  async blockedUntil(free: Promise<void>): Promise<void> {
    this.#blocked = true;
    await free;
    this.#blocked = false;
  }

  /** Waits until no more clients come, but no longer than `ms` milliseconds. */
  async empty(ms: number): Promise<void> {
    const end = performance.now() + ms;
    let quiet = 0;
    while (quiet < 2 && performance.now() < end) {
      const [before, began] = [this.#accepted, performance.now()];
      await delay(QUIET);
      // In a long turn of the event loop nobody is accepted, whoever waits.
      const busy = performance.now() - began > 2 * QUIET;
      const still = this.#accepted === before && !this.#blocked && !busy;
      quiet = still ? quiet + 1 : 0;
    }
  }
}
