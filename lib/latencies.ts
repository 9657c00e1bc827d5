/**
 * Quantiles of many latencies in little memory.
 *
 * @module
 */

/** The ratio of the latencies in one bucket to those in the bucket before. */
const STEP = 1.02;
/** The latency of the first bucket, in milliseconds. It also counts shorter ones. */
const SHORTEST = 0.001;
/** The number of buckets, enough for latencies of more than a day. */
const BUCKETS = 1300;

/**
 * A histogram of latencies: it takes the same memory for ten latencies as for a
 * million. A quantile is off by 2 % at most.
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

  /** Returns a quantile in milliseconds: a `share` of 0.99 gives p99, which 99 % of the latencies do not exceed. */
  quantile(share: number): number {
    let left = Math.ceil(this.#total * share);
    const nth = this.#counts.findIndex((count) => (left -= count) <= 0);
    return SHORTEST * STEP ** nth;
  }
}
