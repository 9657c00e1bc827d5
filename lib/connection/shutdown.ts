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
 * 1. **Accept.** The accept loop goes on until no client has come for
 *    `ACCEPT_IDLE`. That takes at most half of the grace time. Then the listener
 *    closes.
 * 2. **Drain.** Meanwhile all clients are served as usual. When no client was
 *    answered for `DRAIN_IDLE`, each that was silent for as long is told to read
 *    no more, which ends its connection. One client's silence is not enough: a
 *    busy server may not have come to it yet. After `DRAIN_LONGEST`
 *    all clients are told so. Clients that were accepted meanwhile have that
 *    time again, from when the listener closed.
 * 3. **Answer.** A handler that is told to read no more answers what it has read,
 *    and waits until the client has taken it. That takes at most the rest of the
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
import { pollEventLoop } from "./fairness.ts";
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
  /** For how long the client has been silent. */
  readonly idle: Pick<IdleTimer, "isIdle" | "isWaiting" | "since">;
  /** Answers what was read, and reads no more. */
  stopReading(): void;
}

/** The part of a server that a shutdown needs. */
export interface StoppableServer {
  /** The handlers of all open connections. */
  readonly open: ConnectionSet<StoppableHandler>;
  /** Whether clients may come. */
  readonly isListening: boolean;
  /** For how many milliseconds no client has come; 0 while the accept loop rests. */
  acceptIdleFor(): number;
  /** Closes the listener. */
  stopAccepting(): void;
  /** Closes all connections. Called after the grace time. */
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
    acceptPending(server, began, began + graceMs / 2),
    drain(server, end),
  ]);
  await drain(server, end);
  await open.waitUntilEmpty(end - performance.now());
  server.close();
  await open.waitUntilEmpty(CLOSE_LONGEST);
}

/** Waits until no client waits to be accepted, then closes the listener. */
async function acceptPending(
  server: StoppableServer,
  began: number,
  end: number,
): Promise<void> {
  const isIdle = () =>
    Math.min(server.acceptIdleFor(), performance.now() - began) >= ACCEPT_IDLE;
  if (!server.isListening) return;
  while (performance.now() < end) {
    if (isIdle()) {
      await pollEventLoop();
      if (isIdle()) break;
    }
    await new Promise((resolve) => setTimeout(resolve, TICK));
  }
  server.stopAccepting();
  await pollEventLoop(); // for a client that was accepted at the last moment
}

/** Serves the clients until they are silent, then has all of them read no more. */
async function drain(server: StoppableServer, end: number): Promise<void> {
  const { open, onError } = server;
  const began = performance.now();
  const last = Math.min(began + DRAIN_LONGEST, end);
  const isSilent = () => {
    let newest = began;
    for (const { isReading, idle } of open) {
      if (isReading && idle.isWaiting) newest = Math.max(newest, idle.since);
    }
    return performance.now() - newest >= DRAIN_IDLE;
  };
  const isIdle = ({ isReading, idle }: StoppableHandler) =>
    isReading && idle.isIdle(DRAIN_IDLE);
  while (open.size > 0 && performance.now() < last) {
    await open.waitUntilEmpty(TICK);
    if (!isSilent() || ![...open].some(isIdle)) continue;
    await pollEventLoop();
    if (!isSilent()) continue;
    open.each((handler) => {
      if (isIdle(handler)) handler.stopReading();
    }, onError);
  }
  open.each((handler) => handler.stopReading(), onError);
}
