/**
 * Measures the requests of a polite client.
 *
 * @module
 */

import type { Polite } from "../attack.ts";

type Where = "same" | "fresh";

let measured: Polite = { same: [], fresh: [], failed: 0 };
/** The requests without an answer: where each was sent, and when. */
const pending = new Set<{ where: Where; began: number }>();

/** Measures one request. Its latency goes to the report that is current at its end. */
export async function measure(
  where: Where,
  request: () => Promise<unknown>,
): Promise<void> {
  const one = { where, began: performance.now() };
  pending.add(one);
  const answer = await request().catch(() => undefined);
  pending.delete(one);
  measured[where].push(performance.now() - one.began);
  if (answer !== 1) measured.failed++;
}

/** Returns what was measured since the last report. A request without an answer counts as long as it has waited. */
export function takeReport(): Polite {
  const report = measured;
  measured = { same: [], fresh: [], failed: 0 };
  const now = performance.now();
  for (const { where, began } of pending) report[where].push(now - began);
  return report;
}
