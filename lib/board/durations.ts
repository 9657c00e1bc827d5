/**
 * A histogram with the buckets that Prometheus expects.
 *
 * @module
 */

/** The upper bounds of the buckets, in seconds. The last one has none. */
export const BOUNDS: readonly number[] = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** Counts durations in buckets. */
export class Durations {
  #counts = new Float64Array(BOUNDS.length + 1);
  #sum = 0;

  /** Adds `count` requests that each took so many seconds. */
  add(seconds: number, count: number): void {
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) bucket++;
    this.#counts[bucket] += count;
    this.#sum += seconds * count;
  }

  /** The sum of all durations, in seconds. */
  get sum(): number {
    return this.#sum;
  }

  /** How many durations are at most as long as each bound; the last number is that of all. */
  cumulative(): number[] {
    let total = 0;
    return Array.from(this.#counts, (count) => total += count);
  }
}
