/**
 * Finds a row by its key.
 *
 * @module
 */

import type { Key } from "./key.ts";

/** What {@linkcode RowTable.get} returns if there is no row. */
export const NONE: number = -1;

/** How many slots a new table has, as a power of two. */
const BITS = 10;

/**
 * A table from keys to the numbers of rows.
 *
 * It is a hash table: the first of a key's last 32 bits name a slot, and the key is in
 * that slot or in one after it. Keys are scrambled with secrets, so a client cannot choose
 * many that name the same slot. A `Map` is larger, and the processor waits for memory more
 * often.
 */
export class RowTable {
  /** The rows of keys that are texts, which are rare. */
  #texts = new Map<string, number>();
  /** The key in each slot. At most half of the slots are used. */
  #keys = new Float64Array(1 << BITS);
  /** The row in each slot plus 1; 0 marks an empty slot. */
  #rows = new Int32Array(1 << BITS);
  /** How many bits of a key do not name its slot. */
  #shift = 32 - BITS;
  #used = 0;

  /** How many keys it has. */
  get size(): number {
    return this.#used + this.#texts.size;
  }

  /** Returns the row of a key, or {@linkcode NONE}. */
  get(key: Key): number {
    if (typeof key === "string") return this.#texts.get(key) ?? NONE;
    return this.#rows[this.#slotOf(key)] - 1;
  }

  /** Adds a key that it does not have. */
  add(key: Key, row: number): void {
    if (typeof key === "string") {
      this.#texts.set(key, row);
      return;
    }
    if (2 * ++this.#used > this.#rows.length) this.#grow();
    this.#fill(key, row + 1);
  }

  /** Returns the slot of a key, or the empty slot that it would get. */
  #slotOf(key: number): number {
    const keys = this.#keys;
    const rows = this.#rows;
    let slot = key >>> this.#shift; // of its last 32 bits
    while (rows[slot] !== 0 && keys[slot] !== key) {
      slot = (slot + 1) % rows.length;
    }
    return slot;
  }

  #fill(key: number, value: number): void {
    const slot = this.#slotOf(key);
    this.#keys[slot] = key;
    this.#rows[slot] = value;
  }

  /** Doubles the number of slots. */
  #grow(): void {
    const [keys, rows] = [this.#keys, this.#rows];
    // Both, before anything changes: there may be no memory for them.
    const moreKeys = new Float64Array(2 * keys.length);
    const moreRows = new Int32Array(2 * rows.length);
    this.#keys = moreKeys;
    this.#rows = moreRows;
    this.#shift--;
    rows.forEach((row, slot) => row !== 0 && this.#fill(keys[slot], row));
  }
}
