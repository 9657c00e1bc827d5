/**
 * A simulated clock, which moves only when a test advances it.
 *
 * @module
 */

import process from "node:process";
import type { Random } from "./random.ts";

/**
 * Every lot, a random number that orders events of the same time, is below
 * this.
 */
export const LOTS: number = 2 ** 30;

type Call = (...args: unknown[]) => void;

interface Event {
  at: number;
  /** Orders events of the same time. */
  lot: number;
  /** The action; `undefined` if the timer was cleared. */
  happen: (() => void) | undefined;
}

/** The date at which every simulated clock starts. */
const FIRST_DATE = Date.UTC(2030, 0, 1);

/** When the last simulated clock stopped. The next one starts later. */
let latest = 0;
/** Whether a simulated clock is running. */
let isRunning = false;

/**
 * Replaces `setTimeout`, `setInterval`, `setImmediate`, `performance.now`, `Date`
 * and `AbortSignal.timeout` until it is disposed. Events that are due at the same
 * time run in random order. All times are whole milliseconds.
 */
export class SimulatedClock implements Disposable {
  #random: Random;
  #events: Event[] = [];
  #timers = new Map<number, Event>();
  #nextTimer = 1;
  #began: number;
  #now: number;
  #immediates: (() => void)[] = [];
  #real = {
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    setImmediate,
    Date,
  };
  #realTimeout = AbortSignal.timeout;

  /** Starts at once. @throws {Error} If another simulated clock is running. */
  constructor(random: Random) {
    if (isRunning) throw new Error("Only one simulation can run at a time");
    isRunning = true;
    this.#random = random;
    // Start so much later that times from before have no effect on this run.
    this.#began = Math.ceil(Math.max(latest, performance.now())) + 1000;
    this.#now = this.#began;
    const clear = (id: number) => this.#clear(id);
    Object.assign(globalThis, {
      setTimeout: (call: Call, ms = 0, ...args: unknown[]) =>
        this.#setTimer(() => call(...args), ms, false),
      clearTimeout: clear,
      setInterval: (call: Call, ms = 0, ...args: unknown[]) =>
        this.#setTimer(() => call(...args), ms, true),
      clearInterval: clear,
      setImmediate: (call: () => void) => void this.#immediates.push(call),
      Date: this.#date(),
    });
    AbortSignal.timeout = (ms) => this.#abortAfter(ms);
    performance.now = () => this.#now;
  }

  /** Returns `Date`, but with this clock's idea of now. */
  #date(): DateConstructor {
    const now = () => FIRST_DATE + this.now;
    return new Proxy(this.#real.Date, {
      construct: (target, args, newTarget) =>
        Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
      apply: (target) => new target(now()).toString(),
      get: (target, key) => key === "now" ? now : Reflect.get(target, key),
    });
  }

  /** As the real one, it cannot be cleared. So it does not count as a timer. */
  #abortAfter(ms: number): AbortSignal {
    const abort = new AbortController();
    this.schedule(ms, () => {
      abort.abort(new DOMException("Signal timed out.", "TimeoutError"));
    });
    return abort.signal;
  }

  /** Milliseconds since it started. */
  get now(): number {
    return this.#now - this.#began;
  }

  /** How many timers are pending. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Runs `happen` in `ms` milliseconds. This does not count as a timer. */
  schedule(ms: number, happen: () => void): void {
    this.#add({ at: this.#now + ms, lot: this.#random.below(LOTS), happen });
  }

  /**
   * Runs the next event, and everything that follows from it without delay.
   * Resolves to `false` if there is no event.
   */
  async step(): Promise<boolean> {
    let event = this.#take();
    while (event && !event.happen) event = this.#take();
    if (!event?.happen) return false;
    this.#now = event.at;
    event.happen();
    await this.settle();
    return true;
  }

  /**
   * Lets promises settle and yielded tasks (lib/connection/fairness.ts)
   * continue.
   */
  async settle(): Promise<void> {
    const { setImmediate } = this.#real;
    do {
      for (const call of this.#immediates.splice(0)) call();
      // A tick comes after all promises that can settle. It takes less time than a
      // turn of the event loop, which reports unhandled rejections.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (this.#immediates.length > 0) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#immediates.length > 0);
  }

  /** Restores the real clock. */
  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
    AbortSignal.timeout = this.#realTimeout;
    delete (performance as Partial<Performance>).now;
    latest = this.#now;
    isRunning = false;
  }

  #setTimer(call: () => void, ms: number, repeats: boolean): number {
    const id = this.#nextTimer++;
    const wait = () => {
      const lot = this.#random.below(LOTS);
      const event = { at: this.#now + Math.max(1, Math.ceil(ms)), lot, happen };
      this.#timers.set(id, event);
      this.#add(event);
    };
    const happen = () => {
      if (repeats) wait();
      else this.#timers.delete(id);
      call();
    };
    wait();
    return id;
  }

  #clear(id: number): void {
    const event = this.#timers.get(id);
    if (event) event.happen = undefined;
    this.#timers.delete(id);
  }

  // A binary heap, the earliest event at its top.
  #add(event: Event): void {
    const heap = this.#events;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent], event)) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = event;
  }

  #take(): Event | undefined {
    const heap = this.#events;
    const first = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) {
        child++;
      }
      if (isBefore(last, heap[child])) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.lot < b.lot);
}
