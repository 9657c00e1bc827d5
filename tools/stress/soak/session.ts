/**
 * What every client of a soak is given, and what it gives back.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Address } from "../../../lib/net.ts";
import type { Random } from "../../../lib/testing/random.ts";
import type { Score } from "./score.ts";

/** A client on one visit to the server. */
export interface Session {
  /** Where the server listens. */
  readonly address: Address;
  /** What its choices are drawn from. */
  readonly random: Random;
  /** Aborts when it is time to leave. */
  readonly leaving: AbortSignal;
  /** Where it notes what it saw. */
  readonly score: Score;
}

/** Does nothing for up to `ms` milliseconds, less when it is time to leave. */
export async function dawdle(
  { random, leaving }: Session,
  ms: number,
): Promise<void> {
  await delay(random.below(ms), { signal: leaving }).catch(() => {});
}
