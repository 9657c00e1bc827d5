/**
 * Waiting for a condition.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** A source of changes that others can wait for. */
export class Changes {
  #next = Promise.withResolvers<void>();

  /** Reports a change. */
  note(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Waits until `holds` returns true, for at most `ms`. It is called again at each change. Resolves to its last result. */
  async until(holds: () => boolean, ms: number): Promise<boolean> {
    const enough = new AbortController();
    const over = delay(ms, { signal: enough.signal }).then(
      () => true,
      () => true,
    );
    try {
      while (!holds()) {
        const changed = this.#next.promise.then(() => false);
        if (await Promise.race([changed, over])) return holds();
      }
      return true;
    } finally {
      enough.abort();
    }
  }
}
