/**
 * What has been begun and has not ended.
 *
 * @module
 */

/** A set of things under way, whose ends can be waited for. */
export class InFlight<T> {
  #things = new Set<T>();
  #waiting = new Set<() => void>();

  /** Takes a thing in, when it begins. */
  add(thing: T): void {
    this.#things.add(thing);
  }

  /** Lets a thing go, when it has ended. */
  delete(thing: T): void {
    this.#things.delete(thing);
    for (const wake of this.#waiting) wake();
  }

  /** How many are under way. */
  get size(): number {
    return this.#things.size;
  }

  /** Calls something for each. What it throws is told to `onError`, and keeps it from no other. */
  each(call: (thing: T) => void, onError: (error: unknown) => void): void {
    for (const thing of this.#things) {
      try {
        call(thing);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Waits until one of them ends, but no longer than `ms` milliseconds. */
  oneEnds(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  /** Waits until all have ended, but no longer than `ms` milliseconds. */
  async allEnd(ms: number): Promise<void> {
    const end = performance.now() + ms;
    let left = ms;
    while (this.#things.size > 0 && left > 0) {
      await this.oneEnds(left);
      left = end - performance.now();
    }
  }
}
