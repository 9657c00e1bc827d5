/**
 * A map of clients that come and go.
 *
 * @module
 */

/**
 * A map whose deleted values can be freed at once.
 *
 * V8 replaces the table of a `Map` from time to time, and the old table keeps its
 * entries and the next table alive. Once one old table has survived two short
 * garbage collections, it holds all later ones until a long collection: many clients
 * that have left, so the memory grows and the collections take long. So the tables
 * hold only cells, which are emptied.
 */
export class ClientMap<V> implements ReadonlyMap<number, V> {
  #cells = new Map<number, { value: V | undefined }>();

  /** Sets the value of a key. */
  set(key: number, value: V): void {
    this.delete(key);
    this.#cells.set(key, { value });
  }

  /** Deletes the value of a key. */
  delete(key: number): void {
    const cell = this.#cells.get(key);
    if (cell) cell.value = undefined;
    this.#cells.delete(key);
  }

  /** The value of a key. */
  get(key: number): V | undefined {
    return this.#cells.get(key)?.value;
  }

  /** Whether a key has a value. */
  has(key: number): boolean {
    return this.#cells.has(key);
  }

  /** The number of values. */
  get size(): number {
    return this.#cells.size;
  }

  /** The keys, the oldest first. */
  keys(): MapIterator<number> {
    return this.#cells.keys();
  }

  /** The values, the oldest first. */
  *values(): MapIterator<V> {
    for (const cell of this.#cells.values()) yield cell.value!;
  }

  /** The keys with their values, the oldest first. */
  *entries(): MapIterator<[number, V]> {
    for (const [key, cell] of this.#cells) yield [key, cell.value!];
  }

  /** The same as {@linkcode entries}. */
  [Symbol.iterator](): MapIterator<[number, V]> {
    return this.entries();
  }

  /** Calls a function for each value, the oldest first. */
  forEach(
    call: (value: V, key: number, map: ReadonlyMap<number, V>) => void,
  ): void {
    for (const [key, value] of this) call(value, key, this);
  }
}
