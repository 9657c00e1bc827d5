/**
 * A replacement for random numbers, so that a scenario runs the same way each time.
 *
 * @module
 */

import { Random } from "../../../lib/testing/random.ts";
import { LOTS } from "../../../lib/testing/clock.ts";

/**
 * Returns the middle of the range. Lots are returned in ascending order, so
 * events of the same time run first come, first served.
 */
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
