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
/** The same for tasks of connections that have used much. */
const HEAVY_SLICE = 1;
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

/** After so many milliseconds, a task comes although others have used less. */
const LONGEST_WAIT = 1000;

/** The last known time when the event loop polled its sockets. */
let polledAt = performance.now();
/** The work since then, in milliseconds. */
let work = 0;
/** The number of connections that wait for bytes, including idle ones. */
let active = 0;
/** A task that has yielded. */
interface Task {
  resume: () => void;
  /** How much its connection has used: above 0 if that is much. The task with the least comes first. */
  used: number;
  /** Since when it waits, in `performance.now()` time. */
  since: number;
}
/** The tasks that yielded, in the order in which they did. */
const byAge = new Set<Task>();
/** The same tasks by what they have used. Among equals, first come, first served. */
const byUse: Task[] = [];
let isServing = false;

/**
 * Yields to all other tasks if the last known poll of the sockets was at least
 * `ms` milliseconds ago.
 */
export async function yieldIfDue(ms = SLICE, used = -Infinity): Promise<void> {
  if (!isServing && performance.now() - polledAt < ms) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const task = { resume: resolve, used, since: performance.now() };
  byAge.add(task);
  byUse.splice(indexAfter(used), 0, task);
  if (!isServing) void serve();
  await promise;
}

/** Returns the index in {@linkcode byUse} after the tasks that have used at most so much. */
function indexAfter(used: number): number {
  let [low, high] = [0, byUse.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byUse[middle].used <= used) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A piece of work that takes less, in milliseconds, does not make others wait. */
export const LONG = 0.5;

/** Notes that a task has worked for so many milliseconds without a pause. */
export function noteWork(ms: number): void {
  if (ms >= LONG) work += ms;
}

/** Whether tasks have worked for long since the last known poll of the sockets. */
export function isOverworked(): boolean {
  return work >= SLICE;
}

/** Counts one more active connection, or one less if `change` is -1. */
export function trackActive(change: 1 | -1): void {
  active += change;
}

/** Whether so many connections are active that all their tasks must yield. */
export function isContended(): boolean {
  return active > CONTENDED_ABOVE;
}

async function serve(): Promise<void> {
  isServing = true;
  while (byAge.size > 0) {
    await turns(TURNS_TO_POLL);
    polledAt = performance.now();
    work = 0;
    do await run(byUse.shift()!); while (
      byUse.length > 0 &&
      performance.now() - polledAt < (byUse[0].used > 0 ? HEAVY_SLICE : SLICE)
    );
    const [oldest] = byAge;
    if (oldest && polledAt - oldest.since >= LONGEST_WAIT) {
      byUse.splice(byUse.indexOf(oldest), 1);
      await run(oldest);
    }
  }
  isServing = false;
}

/** Lets a task do its work. */
async function run(task: Task): Promise<void> {
  byAge.delete(task);
  task.resume();
  await turns(1);
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
