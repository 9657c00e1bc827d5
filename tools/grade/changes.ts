/**
 * Waiting for what happens elsewhere.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** Something that changes, and is waited for. */
export class Changes {
  #next = Promise.withResolvers<void>();

  /** Says that something has changed. */
  note(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** Waits until `holds`, which is asked again at each change, for so many milliseconds. Resolves to whether it does. */
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
