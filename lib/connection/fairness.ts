/**
 * Fairness among all connections of the process, which share one thread.
 *
 * A read whose bytes have already arrived resolves without polling the other
 * sockets, so a few clients that send without a pause would starve all others.
 * Therefore a task that may have more work at once yields from time to time.
 *
 * @module
 */

/**
 * How long busy tasks may run between two polls of the sockets, in
 * milliseconds.
 */
const SLICE = 2;
/** The same, for all tasks of a process with many active connections. */
export const CONTENDED_SLICE = 50;
/**
 * With more active connections than this, the event loop may skip some of them
 * again and again. Tokio, on which Deno runs, ends a turn after 128 reads: its
 * "cooperative budget".
 */
const CONTENDED_ABOVE = 100;
/**
 * The event loop polls its sockets at least once in this many turns. While
 * there is other work, it polls them every 61 turns: Tokio's `event_interval`.
 */
const TURNS_TO_POLL = 64;

/** The last known time when the event loop polled its sockets. */
let polledAt = performance.now();
/** The number of connections that wait for bytes, including idle ones. */
let active = 0;
/** The tasks that yielded, first come, first served. */
const waiting: (() => void)[] = [];
let isServing = false;

/**
 * Yields to all other tasks if the last known poll of the sockets was at least
 * `ms` milliseconds ago.
 */
export async function yieldIfDue(ms = SLICE): Promise<void> {
  if (!isServing && performance.now() - polledAt < ms) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (!isServing) void serve();
  await promise;
}

/** Counts one more active connection, or one less if `change` is -1. */
export function trackActive(change: 1 | -1): void {
  active += change;
}

/** Whether so many connections are active that all their tasks must yield. */
export function isContended(): boolean {
  return active > CONTENDED_ABOVE;
}

/** Steps of a long computation between two readings of the clock. */
const STEPS = 64;

/** Measures a computation of many steps so that it can yield when it takes long. */
export class TimeSlice {
  /** When the slice began, set by the first reading of the clock. */
  #began = 0;
  #steps = 0;

  /**
   * Counts a step. Returns whether the slice is over. If so, the next one
   * begins.
   */
  isOver(): boolean {
    if (++this.#steps % STEPS !== 0) return false;
    const now = performance.now();
    if (this.#began === 0) this.#began = now;
    if (now - this.#began < SLICE) return false;
    this.#began = now;
    return true;
  }
}

async function serve(): Promise<void> {
  isServing = true;
  while (waiting.length > 0) {
    await turns(TURNS_TO_POLL);
    polledAt = performance.now();
    while (waiting.length > 0 && performance.now() - polledAt < SLICE) {
      waiting.shift()!();
      await turns(1); // lets that task do its work
    }
  }
  isServing = false;
}

let polling: Promise<void> | undefined;

/**
 * Waits until the event loop has polled its sockets, and pending reads have
 * their bytes.
 */
export function pollEventLoop(): Promise<void> {
  return polling ??= turns(2 * TURNS_TO_POLL).then(() => {
    polling = undefined;
  });
}

async function turns(count: number): Promise<void> {
  while (count-- > 0) await new Promise<void>((next) => setImmediate(next));
}
