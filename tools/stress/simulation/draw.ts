/**
 * The random limits and connections of a simulated world.
 *
 * @module
 */

import type { Limits } from "../../../lib/limits.ts";
import type { Random } from "../../../lib/testing/random.ts";
import type { Profile } from "../../../lib/testing/pipe.ts";

/** Returns limits for the server: low, so that clients reach them. */
export function drawLimits(random: Random): Partial<Limits> {
  return {
    maxClients: random.pick([3, 100, 100]),
    requestTimeout: random.pick([1, 3]),
    softQueuedBytes: random.pick([50, 500, 5000]),
    queueTimeout: random.pick([1, 3]),
    idleTimeout: random.pick([0, 0, 0, 2]),
    maxQueuedBytes: 20_000,
    maxInvalidInRow: 100,
    grace: random.pick([0.3, 3, 10]),
  };
}

/** Returns how one direction of a connection behaves. */
export function drawProfile(random: Random): Profile {
  return {
    capacity: random.pick([30, 300, 3000, 30_000]),
    delay: random.pick([0, 3, 30]),
    shortness: random.pick([0, 2, 5]),
  };
}
