/**
 * A queue that stays fast when it is long.
 *
 * @module
 */

/** First in, first out. The `shift` of a long array would move all other values each time. */
export class Queue<T> {
  #values: (T | undefined)[] = [];
  /** Where the first value is. Those before it were taken. */
  #first = 0;

  /** How many values are in the queue. */
  get size(): number {
    return this.#values.length - this.#first;
  }

  /** Adds a value at the end. */
  add(value: T): void {
    this.#values.push(value);
  }

  /** Takes the first value; `undefined` if there is none. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const value = this.#values[this.#first];
    this.#values[this.#first++] = undefined; // or a long message stays in memory
    // Values are moved only when at least as many were taken.
    if (this.#first >= this.size) {
      this.#values.splice(0, this.#first);
      this.#first = 0;
    }
    return value;
  }

  /** Takes all values. */
  takeAll(): T[] {
    const values = this.#values.splice(0).slice(this.#first);
    this.#first = 0;
    return values as T[];
  }
}
