/**
 * Fairness among all connections of the process, which share one thread.
 *
 * A read of bytes that are there already resolves without a look at the other
 * sockets, so a few clients that send without end would keep all others waiting.
 * Therefore a task that may find more to do at once yields from time to time.
 *
 * @module
 */

/** Milliseconds that busy tasks may run between two polls of the sockets. */
const SLICE = 2;
/** The same, for all tasks of a process with many active connections. */
export const CONTENDED_SLICE = 50;
/**
 * With more active connections than this, the event loop may pass over some of
 * them again and again. Tokio, on which Deno runs, ends a turn after 128 reads:
 * its "cooperative budget".
 */
const CONTENDED_ABOVE = 100;
/**
 * Turns of the event loop after which it has polled its sockets. While there is
 * other work, it does so in one turn of 61: Tokio's `event_interval`.
 */
const TURNS_TO_POLL = 64;

/** When the event loop last polled its sockets, as far as we know. */
let polledAt = performance.now();
/** Connections that wait for bytes, whether or not any come. */
let active = 0;
/** The tasks that yielded, first come, first served. */
const waiting: (() => void)[] = [];
let isServing = false;

/**
 * Lets all other tasks go on first, if the sockets were not polled for `ms`
 * milliseconds, as far as we know.
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

/** Steps of a long computation between two looks at the clock. */
const STEPS = 64;

/** Measures a computation of many steps, so that it can yield when it takes long. */
export class TimeSlice {
  /** When the slice began; the first look at the clock sets it. */
  #began = 0;
  #steps = 0;

  /** Counts a step. Returns whether the slice is over; then the next one begins. */
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
      await turns(1); // in which that task does its work
    }
  }
  isServing = false;
}

let polling: Promise<void> | undefined;

/** Waits until the event loop has polled its sockets, and pending reads have their bytes. */
export function pollEventLoop(): Promise<void> {
  return polling ??= turns(2 * TURNS_TO_POLL).then(() => {
    polling = undefined;
  });
}

async function turns(count: number): Promise<void> {
  while (count-- > 0) await new Promise<void>((next) => setImmediate(next));
}
