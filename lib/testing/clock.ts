/**
 * A simulated clock, which moves only when a test advances it.
 *
 * @module
 */

import type { Random } from "./random.ts";

/**
 * Every lot, a random number that orders events of the same time, is below
 * this.
 */
export const LOTS: number = 2 ** 30;

interface Event {
  at: number;
  /** Orders events of the same time. */
  lot: number;
  /** The action; `undefined` if the timer was cleared. */
  happen: (() => void) | undefined;
}

/** When the last simulated clock stopped. The next one starts later. */
let latest = 0;

/**
 * Replaces `setTimeout`, `clearTimeout`, `setImmediate` and `performance.now`
 * until it is disposed. Events that are due at the same time run in random
 * order. All times are whole milliseconds.
 */
export class SimulatedClock implements Disposable {
  #random: Random;
  #events: Event[] = [];
  #timers = new Map<number, Event>();
  #nextTimer = 1;
  #began: number;
  #now: number;
  #immediates: (() => void)[] = [];
  #real = { setTimeout, clearTimeout, setImmediate };

  /** Starts at once. */
  constructor(random: Random) {
    this.#random = random;
    // Start so much later that times from before have no effect on this run.
    this.#began = Math.ceil(Math.max(latest, performance.now())) + 1000;
    this.#now = this.#began;
    Object.assign(globalThis, {
      setTimeout: (call: (...args: unknown[]) => void, ms = 0) =>
        this.#setTimeout(call, ms),
      clearTimeout: (id: number) => this.#clearTimeout(id),
      setImmediate: (call: () => void) => void this.#immediates.push(call),
    });
    performance.now = () => this.#now;
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
    await this.#settle();
    return true;
  }

  /**
   * Lets promises settle and yielded tasks (lib/connection/fairness.ts)
   * continue.
   */
  async #settle(): Promise<void> {
    do {
      for (const call of this.#immediates.splice(0)) call();
      await new Promise<void>((resolve) => this.#real.setImmediate(resolve));
    } while (this.#immediates.length > 0);
  }

  /** Restores the real clock. */
  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
    delete (performance as Partial<Performance>).now;
    latest = this.#now;
  }

  #setTimeout(call: () => void, ms: number): number {
    const id = this.#nextTimer++;
    const happen = () => {
      this.#timers.delete(id);
      call();
    };
    const lot = this.#random.below(LOTS);
    const event = { at: this.#now + Math.max(1, Math.ceil(ms)), lot, happen };
    this.#timers.set(id, event);
    this.#add(event);
    return id;
  }

  #clearTimeout(id: number): void {
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
