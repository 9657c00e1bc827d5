/**
 * Shutdown: how a server ends without losing a request.
 *
 * A shutdown accepts pending connections and answers received requests. Then it
 * ends each connection in good order. After the grace time, connections that are
 * still open are closed at once.
 *
 * A server cannot see what is in transit. It can only wait until clients are
 * silent, and every wait is bounded:
 *
 * 1. **Accept and drain.** The accept loop continues, and all clients are served
 *    as usual. When no handler has answered a client for `DRAIN_IDLE`, each handler
 *    whose client has been silent for `DRAIN_IDLE` stops reading. The silence of
 *    one client is not enough: a busy server may not have read from it yet.
 *    Draining lasts at most `DRAIN_LONGEST`. Then tasks that have yielded run once
 *    more, for at most `DRAIN_LONGEST`, and the remaining handlers stop reading.
 *    Accepting lasts until no client has come for `ACCEPT_IDLE`, at most half of
 *    the grace time. Then the listener closes.
 * 2. **Drain again.** Clients that were accepted meanwhile are drained in the same
 *    way.
 * 3. **Answer.** A handler that has stopped reading answers the requests that it
 *    has read. It waits until the client has accepted the answers, at most for the
 *    rest of the grace time.
 * 4. **Close.** The remaining connections are closed at once. Their handlers have
 *    `CLOSE_LONGEST` to return.
 *
 * A blocked event loop delays accepts and reads. So the sockets are polled before
 * a client counts as silent.
 *
 * @module
 */

import type { ConnectionSet } from "./connection_set.ts";
import { pollEventLoop, yieldIfDue } from "./fairness.ts";
import type { Idleness } from "./timers.ts";

/**
 * A shutdown assumes that no client is waiting to be accepted after this time
 * without a new one, in milliseconds.
 */
const ACCEPT_IDLE = 50;
/**
 * How long a connection must be silent before a shutdown assumes that nothing
 * is in transit, in milliseconds.
 */
const DRAIN_IDLE = 100;
/** How long clients that keep sending are served, at most, in milliseconds. */
const DRAIN_LONGEST = 1000;
/**
 * How long handlers have to return after their connections are closed, in
 * milliseconds.
 */
const CLOSE_LONGEST = 100;
/** The time between two checks of the clients, in milliseconds. */
const TICK = 25;

/** The part of a client's handler that a shutdown needs. */
export interface StoppableHandler {
  /** The client's id, which no other open connection has. */
  readonly clientId: number;
  /** Whether the handler reads further messages. */
  readonly isReading: boolean;
  /** How long the client is silent. */
  readonly idle: Idleness;
  /** Stops reading. Requests already read are answered. */
  stopReading(): void;
}

/** The part of a server that a shutdown needs. */
export interface StoppableServer {
  /** The handlers of all open connections. */
  readonly open: ConnectionSet<StoppableHandler>;
  /** Whether the server listens, so that clients may come. */
  readonly isListening: boolean;
  /**
   * Returns how long the accept loop has waited for a client, in milliseconds; less
   * than 0 if it does not wait.
   */
  acceptIdleFor(): number;
  /** Closes the listener. */
  stopAccepting(): void;
  /**
   * Closes the remaining connections. Called last, at the end of the grace time
   * at the latest.
   */
  close(): void;
  /** Reports an error that a handler throws. */
  onError(error: unknown): void;
}

/**
 * Shuts a server down. Resolves when the shutdown has finished, soon after
 * `graceMs` at the latest.
 */
export async function shutDown(
  server: StoppableServer,
  graceMs: number,
): Promise<void> {
  const { open } = server;
  const began = performance.now();
  const end = began + graceMs;
  await Promise.all([
    acceptPending(server, began + graceMs / 2),
    drain(server, end),
  ]);
  server.stopAccepting();
  await pollEventLoop(); // for a client that was accepted at the last moment
  await drain(server, end);
  await open.waitUntilEmpty(end - performance.now());
  server.close();
  await open.waitUntilEmpty(CLOSE_LONGEST);
}

/**
 * Waits until no client is waiting to be accepted. Stops reading from silent
 * clients meanwhile.
 */
async function acceptPending(
  server: StoppableServer,
  end: number,
): Promise<void> {
  const began = performance.now();
  const isIdle = () =>
    Math.min(server.acceptIdleFor(), performance.now() - began) >= ACCEPT_IDLE;
  while (server.isListening && performance.now() < end) {
    if (isIdle()) {
      await pollEventLoop();
      if (isIdle()) return;
    }
    await new Promise((resolve) => setTimeout(resolve, TICK));
    await stopIdle(server, began);
  }
}

/**
 * Serves the clients until they are silent. The remaining handlers stop
 * reading.
 */
async function drain(server: StoppableServer, end: number): Promise<void> {
  const { open, onError } = server;
  const began = performance.now();
  const drainEnd = Math.min(began + DRAIN_LONGEST, end);
  while (open.size > 0 && performance.now() < drainEnd) {
    await open.waitUntilEmpty(TICK);
    await stopIdle(server, began);
  }
  const left = new Set(open); // without clients that come during the poll
  const grace = Math.max(0, end - performance.now());
  await lastTurn(Math.min(DRAIN_LONGEST, grace));
  await pollEventLoop();
  open.each((handler) => {
    if (left.has(handler)) handler.stopReading();
  }, onError);
}

/**
 * Waits until all tasks that have yielded have run, but at most `ms`
 * milliseconds.
 */
async function lastTurn(ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([yieldIfDue(0, Infinity), late]);
  clearTimeout(timer);
}

/**
 * Stops reading from silent clients if no client was answered for `DRAIN_IDLE`,
 * counted from `began` at the earliest.
 */
async function stopIdle(
  { open, onError }: StoppableServer,
  began: number,
): Promise<void> {
  const noRecentAnswers = () => {
    let newest = began;
    for (const { isReading, idle } of open) {
      if (isReading) newest = Math.max(newest, idle.answeredAt);
    }
    return performance.now() - newest >= DRAIN_IDLE;
  };
  const isIdle = ({ isReading, idle }: StoppableHandler) =>
    isReading && idle.isIdle(DRAIN_IDLE);
  if (!noRecentAnswers() || ![...open].some(isIdle)) return;
  await pollEventLoop();
  if (!noRecentAnswers()) return;
  open.each((handler) => {
    if (isIdle(handler)) handler.stopReading();
  }, onError);
}
