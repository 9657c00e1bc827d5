/**
 * How long answers took.
 *
 * @module
 */

/** Of two neighbouring classes, how much longer the times of the upper one are. */
const STEP = 1.02;
/** Milliseconds of the shortest class: a shorter time counts as this. */
const SHORTEST = 0.001;
/** Classes: up to more than a day. */
const CLASSES = 1300;

/**
 * Times, as how many there were of each class: it takes the same memory for ten
 * as for a million, and a quantile is off by 2 % at most.
 */
export class Latencies {
  #counts = new Uint32Array(CLASSES);
  #total = 0;

  /** Notes a time in milliseconds. */
  note(ms: number): void {
    const above = Math.log(Math.max(ms, SHORTEST) / SHORTEST) / Math.log(STEP);
    this.#counts[Math.min(Math.round(above), CLASSES - 1)]++;
    this.#total++;
  }

  /** The milliseconds that a share of the times, such as 0.99, are not above. */
  quantile(share: number): number {
    let left = Math.ceil(this.#total * share);
    const nth = this.#counts.findIndex((count) => (left -= count) <= 0);
    return SHORTEST * STEP ** nth;
  }
}
