/**
 * Long work for a page, in slices: between two of them, all clients are served.
 *
 * @module
 */

import { yieldIfDue } from "../connection/fairness.ts";

/** How long a slice is, in milliseconds. */
const SLICE = 1;
/** Pages wait for clients, as a client that has used much waits for the others. */
const USED = 1;
/** Items that are sorted at once. */
const SORTED_AT_ONCE = 64;

/** The slices of one piece of work. */
export class Slices {
  #began = performance.now();

  /** Whether it is time for {@linkcode rest}. */
  get isOver(): boolean {
    return performance.now() - this.#began >= SLICE;
  }

  /** Resolves when the next slice may begin. */
  async rest(): Promise<void> {
    await yieldIfDue(0, USED);
    this.#began = performance.now();
  }
}

/** Returns what `map` returns for each item, as `items.map(map)` does. */
export async function mapInSlices<T, Result>(
  items: Iterable<T> | AsyncIterable<T>,
  map: (item: T) => Result,
): Promise<Result[]> {
  const slices = new Slices();
  const mapped: Result[] = [];
  await slices.rest(); // what the caller did before was a slice of its own
  for await (const item of items) {
    mapped.push(map(item));
    if (slices.isOver) await slices.rest();
  }
  return mapped;
}

/** Returns the items in order, as `items.toSorted(compare)` does. */
export async function sortInSlices<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  const slices = new Slices();
  let sorted: T[][] = [];
  await slices.rest(); // as above
  for (let at = 0; at < items.length; at += SORTED_AT_ONCE) {
    sorted.push(items.slice(at, at + SORTED_AT_ONCE).sort(compare));
    if (slices.isOver) await slices.rest();
  }
  while (sorted.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < sorted.length; i += 2) {
      merged.push(await merge(sorted[i], sorted[i + 1] ?? [], compare, slices));
    }
    sorted = merged;
  }
  return sorted[0] ?? [];
}

async function merge<T>(
  one: readonly T[],
  other: readonly T[],
  compare: (a: T, b: T) => number,
  slices: Slices,
): Promise<T[]> {
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    // Of equal ones, the first stays the first.
    merged.push(compare(one[i], other[j]) <= 0 ? one[i++] : other[j++]);
    if (slices.isOver) await slices.rest();
  }
  while (i < one.length) merged.push(one[i++]);
  while (j < other.length) merged.push(other[j++]);
  return merged;
}
