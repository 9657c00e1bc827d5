/**
 * Quantiles of many latencies in little memory.
 *
 * @module
 */

/** Each bucket's latencies are this many times as long as those of the one before. */
const STEP = 1.02;
/** Milliseconds of the first bucket, which takes all that is shorter. */
const SHORTEST = 0.001;
/** Buckets: up to more than a day. */
const BUCKETS = 1300;

/**
 * A histogram: ten latencies and a million take the same memory, and a quantile
 * is off by 2 % at most.
 *
 * `createHistogram` of `node:perf_hooks` would do, but only Deno 2.8 and later
 * have it.
 */
export class Latencies {
  #counts = new Uint32Array(BUCKETS);
  #total = 0;

  /** Adds one latency in milliseconds. */
  add(ms: number): void {
    const above = Math.log(Math.max(ms, SHORTEST) / SHORTEST) / Math.log(STEP);
    this.#counts[Math.min(Math.round(above), BUCKETS - 1)]++;
    this.#total++;
  }

  /** Returns the milliseconds that a share of the latencies, such as 0.99, do not exceed. */
  quantile(share: number): number {
    let left = Math.ceil(this.#total * share);
    const nth = this.#counts.findIndex((count) => (left -= count) <= 0);
    return SHORTEST * STEP ** nth;
  }
}
