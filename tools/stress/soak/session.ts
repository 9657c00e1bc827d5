/**
 * One visit of a client in a soak.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Address } from "../../../lib/net.ts";
import type { Random } from "../../../lib/testing/random.ts";
import type { Score } from "./score.ts";

/** What a client needs for one visit to the server. */
export interface Session {
  /** Where the server listens. */
  readonly address: Address;
  /** The source of its random choices. */
  readonly random: Random;
  /** Aborts when it is time to leave. */
  readonly leaving: AbortSignal;
  /** Where it records its results. */
  readonly score: Score;
}

/** Waits for a random time of up to `ms` milliseconds, or until it is time to leave. */
export async function dawdle(
  { random, leaving }: Session,
  ms: number,
): Promise<void> {
  await delay(random.below(ms), { signal: leaving }).catch(() => {});
}
