/**
 * Shutdown: how a server ends without losing a request.
 *
 * What is promised: pending connections are accepted, and requests that were
 * received are answered. Then each connection ends in good order. After the
 * grace time, whatever is still open is closed at once.
 *
 * A server cannot see what is in transit. It can only wait until nothing comes,
 * and every wait has an end:
 *
 * 1. **Accept and drain.** The accept loop goes on, and all clients are served as
 *    usual. When no handler has answered a client for `DRAIN_IDLE`, the connection
 *    of each client that was silent for as long ends. One client's silence is not
 *    enough: a busy server may not have come to it yet. This lasts until no client
 *    has come for `ACCEPT_IDLE`, at most half of the grace time. After
 *    `DRAIN_LONGEST`, clients that wait for their turn have it, for as long again
 *    at most. Then the handlers that are left stop reading, and the listener closes.
 * 2. **Drain again**, for the clients that were accepted meanwhile, in the same
 *    way and for as long.
 * 3. **Answer.** A handler that has stopped reading answers what it has read, and
 *    waits until the client has taken it. That takes at most the rest of the
 *    grace time.
 * 4. **Close.** The connections that are left are closed at once. Their handlers
 *    have `CLOSE_LONGEST` to return.
 *
 * A blocked event loop delays accepts and reads, so the sockets are polled before
 * a client is called silent.
 *
 * @module
 */

import type { ConnectionSet } from "./connection_set.ts";
import { pollEventLoop, yieldIfDue } from "./fairness.ts";
import type { IdleTimer } from "./timers.ts";

/** Milliseconds without a new client after which none is waiting to be accepted. */
const ACCEPT_IDLE = 50;
/** How long a connection must be silent before a shutdown assumes that nothing is in transit. */
const DRAIN_IDLE = 100;
/** How many milliseconds clients that keep sending are served, at most. */
const DRAIN_LONGEST = 1000;
/** How many milliseconds handlers have to return when their connections were closed. */
const CLOSE_LONGEST = 100;
/** Milliseconds between two looks at the clients. */
const TICK = 25;

/** The part of a client's handler that a shutdown needs. */
export interface StoppableHandler {
  /** Whether further messages are read. */
  readonly isReading: boolean;
  /** Measures the silence of the client. */
  readonly idle: Pick<IdleTimer, "answeredAt" | "isIdle">;
  /** Answers what was read, and reads no more. */
  stopReading(): void;
}

/** The part of a server that a shutdown needs. */
export interface StoppableServer {
  /** The handlers of all open connections. */
  readonly open: ConnectionSet<StoppableHandler>;
  /** Whether clients may come. */
  readonly isListening: boolean;
  /** For how many milliseconds no client has come; 0 or less while the accept loop rests. */
  acceptIdleFor(): number;
  /** Closes the listener. */
  stopAccepting(): void;
  /** Closes all connections that are left. Called last, at the end of the grace time at the latest. */
  close(): void;
  /** Reports what a handler throws. */
  onError(error: unknown): void;
}

/** Shuts a server down. Resolves when all is over, soon after `graceMs` at the latest. */
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

/** Waits until no client waits to be accepted. Those that came meanwhile are drained, too. */
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

/** Serves the clients until they are silent. Those that are left read no more. */
async function drain(server: StoppableServer, end: number): Promise<void> {
  const { open, onError } = server;
  const began = performance.now();
  const drainEnd = Math.min(began + DRAIN_LONGEST, end);
  while (open.size > 0 && performance.now() < drainEnd) {
    await open.waitUntilEmpty(TICK);
    await stopIdle(server, began);
  }
  const left = new Set(open); // and none that comes during the poll
  await lastTurn(Math.min(DRAIN_LONGEST, end - performance.now()));
  await pollEventLoop();
  open.each((handler) => {
    if (left.has(handler)) handler.stopReading();
  }, onError);
}

/** Lets those that wait for their turn have it, but for at most `ms` milliseconds. */
async function lastTurn(ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([yieldIfDue(0), late]);
  clearTimeout(timer);
}

/** Ends the connections of silent clients, if no client was answered recently. Silence counts from `began` at the earliest. */
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
