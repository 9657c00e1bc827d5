/**
 * Checks of the server's promises at each step and at the end. A dialogue checks
 * further promises.
 *
 * @module
 */

import { type Application, StudentApplication } from "./application.ts";
import type { SimulatedClock } from "../../../lib/testing/clock.ts";
import type { SimulatedNetwork } from "../../../lib/testing/network.ts";
import type { Server } from "../../../server.ts";
import type { Dialogue } from "./dialogue.ts";

/** The parts of a simulation that are checked. */
export interface Checked {
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  readonly server: Server;
  readonly application: Application;
  readonly dialogues: readonly Dialogue[];
  /** Whether the shutdown has ended. */
  readonly ended: boolean;
  /** Whether the server may close connections at once. */
  readonly mayClose: boolean;
  /** Reports what is wrong. */
  fault(what: string): void;
  /** Checks that a timeout ended a connection in time. */
  checkTime(dialogue: Dialogue, limit: "queueTimeout", ms: number): void;
}

/**
 * How many accepts may fail per second. After a failure, the server waits for 100
 * ms, or until a client leaves.
 */
const ACCEPT_FAILURES = 20;
/** How long a shutdown may continue after the grace time, in milliseconds. */
const CUT_OFF = 200;

/** Checks what must hold at each step. */
export function checkStep(trial: Checked): void {
  const { handlers, limits } = trial.server;
  if (handlers.size > limits.maxClients) {
    trial.fault(`${handlers.size} clients, over ${limits.maxClients}`);
  }
  for (const dialogue of trial.dialogues) {
    const { queued, server } = dialogue;
    if (queued > limits.maxQueuedBytes) {
      trial.fault(`${queued} bytes wait for ${dialogue.name}`);
    }
    const full = queued > limits.softQueuedBytes && !server!.isClosed;
    if (!full) dialogue.fullSince = undefined;
    else dialogue.fullSince ??= trial.clock.now;
    const since = dialogue.fullSince ?? trial.clock.now;
    trial.checkTime(dialogue, "queueTimeout", trial.clock.now - since);
  }
  const failures = trial.network.listener?.failures ?? [];
  const before = failures.at(-ACCEPT_FAILURES - 1) ?? -Infinity;
  if (trial.clock.now - before < 1000) {
    trial.fault(`more than ${ACCEPT_FAILURES} failed accepts in a second`);
  }
}

/**
 * Checks what must hold after a shutdown. `backlog` names the clients that
 * waited before.
 */
export function checkShutdown(
  trial: Checked,
  ms: number,
  backlog: readonly string[],
): void {
  const { handlers, limits } = trial.server;
  if (ms > limits.grace * 1000 + CUT_OFF) {
    trial.fault(`the shutdown took ${ms} ms`);
  }
  if (handlers.size > 0) trial.fault("handlers outlive the shutdown");
  // A short grace time may end before descriptors are free again and the
  // backlog is served.
  if (trial.mayClose || limits.grace < 1) return;
  for (const { name } of trial.network.listener!.shutOut) {
    if (backlog.includes(name)) {
      trial.fault(`${name} waited in the backlog, and was not greeted`);
    }
  }
}

/** Checks what must hold when nothing more happens. */
export function checkEnd({ application }: Checked): void {
  if (application instanceof StudentApplication) application.checkLines();
}
