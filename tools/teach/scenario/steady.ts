/**
 * Chance that is none: a scenario goes the same way each time, and takes its time evenly.
 *
 * @module
 */

import { Random } from "../../../lib/testing/random.ts";
import { LOTS } from "../../../lib/testing/clock.ts";

/** Gives the middle of what it may, but lots in their order: first come, first served. */
export class Steady extends Random {
  #lots = 0;

  /** Has no seed, since nothing is random. */
  constructor() {
    super(0);
  }

  override below(bound: number): number {
    return bound === LOTS ? this.#lots++ : Math.floor(bound / 2);
  }
}
