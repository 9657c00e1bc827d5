/**
 * Taking turns on the one thread.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Milliseconds that those who always have something to do may take together. */
const LONGEST = 2;

let began = performance.now();

/**
 * Lets everybody else have a turn, if the present one has taken long.
 *
 * A read that finds data resolves without a turn of the event loop, so a few
 * clients that send without end would keep out all others: no new client would
 * be accepted, and no line written.
 */
export async function takeTurns(): Promise<void> {
  if (performance.now() - began < LONGEST) return;
  await new Promise<void>((resolve) => setImmediate(resolve));
  began = performance.now();
}
