/**
 * Measurements of one server under load.
 *
 * @module
 */

import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import type { Contender } from "./contenders.ts";
import type { Seen } from "./load.ts";
import { Subject } from "./subject.ts";

/** How to load a server, and for how long. */
export interface Plan {
  /** Clients at the same time. */
  clients: number;
  /** Length of the load before the measurement, in milliseconds. */
  warmUp: number;
  /** Length of the measurement, in milliseconds. */
  measured: number;
  /** Whether each side has a core of its own. */
  pinned: boolean;
  /**
   * Requests due per second in an open loop. By default, each client waits for
   * its answers.
   */
  rate?: number;
}

/** How fast a server is. */
export interface Speed {
  /** Microseconds of the server's processor time for each request. */
  cost: number;
  /** Requests per second. */
  throughput: number;
}

/** The results of a server under load. */
export interface Rate extends Seen, Speed {
  /** The share of one core that the load took. */
  load: number;
}

/** Loads a server. Each client has `depth` requests in flight. */
export async function load(
  subject: Subject,
  depth: number,
  { clients, warmUp, measured, rate = 0 }: Plan,
): Promise<Rate> {
  const used = processorSeconds(subject.pid);
  const args = [clients, depth, warmUp, measured, rate];
  await using load = subject.against("load", ...args);
  const seen: Seen = JSON.parse(await load.line());
  return {
    ...seen,
    throughput: seen.requests / seen.seconds,
    // Over the whole load, including the warm-up.
    cost: (processorSeconds(subject.pid) - used) * 1e6 / seen.total,
    load: seen.processor / seen.seconds,
  };
}

/**
 * Starts a server, loads it at each depth, and ends it. `folder` is a copy of
 * the project to run.
 */
export async function measure(
  contender: Contender,
  depths: readonly number[],
  plan: Plan,
  folder?: string | URL,
): Promise<Map<number, Rate>> {
  await using subject = await Subject.start(contender, plan.pinned, folder);
  const rates = new Map<number, Rate>();
  for (const depth of depths) {
    rates.set(depth, await load(subject, depth, plan));
  }
  return rates;
}
