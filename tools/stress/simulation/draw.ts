/**
 * The random limits of a simulated server.
 *
 * @module
 */

import type { Limits } from "../../../lib/limits.ts";
import type { Random } from "../../../lib/testing/random.ts";

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
