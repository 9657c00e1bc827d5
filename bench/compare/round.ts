/**
 * Measurements of one server under load.
 *
 * @module
 */

import type { Contender } from "./contenders.ts";
import type { Seen } from "./load.ts";
import { Subject } from "./subject.ts";

/** Length of a server's first load in all but quick runs, in milliseconds: at P = 1, the engine compiles for about as long. */
export const FIRST_LOAD = 3000;

/** How to load a server, and for how long. */
export interface Plan {
  /** Clients at the same time. */
  clients: number;
  /** Length of the first load, while the engine compiles, in milliseconds. By default, there is none. */
  firstLoad?: number;
  /** Length of the load before each measurement, in milliseconds. */
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
  /** Microseconds of the server's processor time for each request that was measured. */
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
  const args = [subject.pid, clients, depth, warmUp, measured, rate];
  await using load = subject.against("load", ...args);
  const seen: Seen = JSON.parse(await load.line());
  return {
    ...seen,
    throughput: seen.requests / seen.seconds,
    cost: seen.serverProcessor * 1e6 / seen.requests,
    load: seen.processor / seen.seconds,
  };
}

/** A server to measure: of a copy of the project if a folder is given. */
export interface Measurable {
  contender: Contender;
  folder?: string | URL;
}

/** Starts a server, and puts the first load on it. */
export async function startWarm(
  { contender, folder }: Measurable,
  depth: number,
  plan: Plan,
): Promise<Subject> {
  await using stack = new AsyncDisposableStack(); // ends it if the load fails
  const subject = stack.use(
    await Subject.start(contender, plan.pinned, folder),
  );
  const { firstLoad = 0 } = plan;
  if (firstLoad > 0) {
    await load(subject, depth, { ...plan, warmUp: 0, measured: firstLoad });
  }
  stack.move();
  return subject;
}

/**
 * Starts servers, loads them in turns at one depth after the other, and ends them.
 * So they are measured within seconds: a machine's speed changes from minute to minute.
 */
export async function measure(
  servers: readonly Measurable[],
  depths: readonly number[],
  plan: Plan,
): Promise<Map<number, Rate>[]> {
  await using stack = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  for (const server of servers) {
    subjects.push(stack.use(await startWarm(server, depths[0], plan)));
  }
  const rates = subjects.map(() => new Map<number, Rate>());
  for (const depth of depths) {
    for (const [i, subject] of subjects.entries()) {
      rates[i].set(depth, await load(subject, depth, plan));
    }
  }
  return rates;
}
