/**
 * Measuring one server under load.
 *
 * @module
 */

import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import type { Contender } from "./contenders.ts";
import type { Seen } from "./load.ts";
import { Subject } from "./subject.ts";

/** How long to load a server. */
export interface Plan {
  /** Clients at the same time. */
  clients: number;
  /** Milliseconds before it is measured. */
  warmUp: number;
  /** Milliseconds of the measurement. */
  measured: number;
  /** Whether each side has a core of its own. */
  pinned: boolean;
  /** Requests a second that are due, whatever the answers take; by default, each client waits for them. */
  rate?: number;
}

/** What a server did under load. */
export interface Rate extends Seen {
  /** Requests a second. */
  throughput: number;
  /** Microseconds of the server's processor time for each request. */
  cost: number;
  /** The share of one core that the load took. */
  load: number;
}

/** Loads a server with requests, so many of a client at a time. */
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
    // From its start to its end, and so with the warming up.
    cost: (processorSeconds(subject.pid) - used) * 1e6 / seen.total,
    load: seen.processor / seen.seconds,
  };
}

/** Starts a server, which may be that of a copy, loads it at each depth, and ends it. */
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
