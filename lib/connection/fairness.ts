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
export const SLICE = 2;
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

/**
 * After a short turn, the next one has twice as many tasks, up to this many. A turn
 * of the event loop takes longer than the work for a few requests.
 */
const AT_ONCE = 16;

/** After each poll, the tasks of connections that have used much run up to this time, but at least one. In milliseconds. */
const HEAVY_SLICE = 1;
/** After each poll, the oldest task runs if it has waited for so long, although others have used less. In milliseconds. */
const LONGEST_WAIT = 50;
/** The same for the tasks of connections that have used much. */
const LONGEST_HEAVY_WAIT = 1000;

/** A client that was accepted less than so many milliseconds ago is probably about to send its first request. */
const EXPECTED = 2;

/** The last known time when the event loop polled its sockets. */
let polledAt = performance.now();
/** The work since then, in milliseconds. */
let work = 0;
/** The number of connections that wait for bytes, including idle ones. */
let active = 0;
/** How long the longest of the last tasks worked, in milliseconds; 0 if none was {@linkcode LONG}. */
let longest = 0;
/** When the last client was accepted. */
let acceptedAt = -Infinity;
/** A task that has yielded. */
interface Task {
  resume: () => void;
  /** How much its connection has used: above 0 if that is much, below {@linkcode LITTLE_USED} if it is known and has used little. */
  used: number;
  /** Since when it waits, in `performance.now()` time. */
  since: number;
}

/** Tasks that have used less do not wait for newcomers. */
const LITTLE_USED = -1.5e9;

/** Tasks that have yielded. */
class WaitingTasks {
  /** In the order in which they yielded. */
  #byAge = new Set<Task>();
  /** By what they have used. Among equals, first come, first served. */
  #byUse: Task[] = [];
  #mostAtOnce: number;

  /** At most so many tasks go on in one turn of the event loop. */
  constructor(mostAtOnce: number) {
    this.#mostAtOnce = mostAtOnce;
  }

  /** How many there are. */
  get size(): number {
    return this.#byAge.size;
  }

  /** Adds a task. */
  add(task: Task): void {
    this.#byAge.add(task);
    let [low, high] = [0, this.#byUse.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#byUse[middle].used <= task.used) low = middle + 1;
      else high = middle;
    }
    this.#byUse.splice(low, 0, task);
  }

  /** Runs the tasks that have used least, and at most `most`, up to `until` milliseconds after the poll, but at least one. */
  async serveFirst(until: number, most = Infinity): Promise<void> {
    for (let count = 1; this.size > 0;) {
      const tasks = this.#byUse.slice(0, count).filter((it) => it.used <= most);
      if (tasks.length === 0) break;
      this.#byUse.splice(0, tasks.length); // these are the first, and the others move once
      const isShort = await this.#run(tasks);
      if (performance.now() - polledAt >= until) break;
      count = isShort ? Math.min(2 * count, this.#mostAtOnce) : 1;
    }
  }

  /** As {@linkcode serveFirst}. Then runs the oldest if it has waited for `longestWait` milliseconds. */
  async serve(until: number, longestWait: number): Promise<void> {
    await this.serveFirst(until);
    const [oldest] = this.#byAge;
    if (!oldest || polledAt - oldest.since < longestWait) return;
    this.#byUse.splice(this.#byUse.indexOf(oldest), 1);
    await this.#run([oldest]);
  }

  /** Lets tasks that are no longer in {@linkcode #byUse} do their work. Resolves to whether that was short. */
  async #run(tasks: readonly Task[]): Promise<boolean> {
    for (const task of tasks) {
      this.#byAge.delete(task);
      task.resume();
    }
    const began = performance.now();
    await turns(1);
    const ms = performance.now() - began;
    if (ms < LONG) return true;
    longest = Math.max(longest, ms / tasks.length);
    return false;
  }
}

const usual = new WaitingTasks(AT_ONCE);
/** The tasks of connections that have used much. They are long, so they go on one at a time. */
const heavy = new WaitingTasks(1);
let isServing = false;

/**
 * Yields to all other tasks if some wait already, or the last known poll of the
 * sockets was at least `ms` milliseconds ago.
 */
export function yieldIfDue(ms = SLICE, used = -Infinity): Promise<void> {
  const now = performance.now();
  if (!isServing && now - polledAt < ms) return Promise.resolve();
  return new Promise((resume) => {
    const tasks = used > 0 ? heavy : usual;
    tasks.add({ resume, used, since: now });
    if (!isServing) void serve();
  });
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

/** Notes that a client was accepted. */
export function noteNewcomer(): void {
  acceptedAt = performance.now();
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
  while (usual.size + heavy.size > 0) {
    // A newcomer's greeting and its first request each need a poll. Long work waits
    // for them, but at most as long as the last took.
    const latest = performance.now() + longest;
    do {
      await turns(TURNS_TO_POLL);
      polledAt = performance.now();
      work = 0;
      await usual.serveFirst(SLICE, LITTLE_USED);
    } while (performance.now() < Math.min(latest, acceptedAt + EXPECTED));
    longest = 0;
    await usual.serve(SLICE, LONGEST_WAIT);
    await heavy.serve(HEAVY_SLICE, LONGEST_HEAVY_WAIT);
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
