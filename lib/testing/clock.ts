/**
 * A clock that moves only when it is told to.
 *
 * @module
 */

import type { Random } from "./random.ts";

/** Lots that there are to draw. */
export const LOTS: number = 2 ** 30;

interface Event {
  at: number;
  /** Decides between events of the same time. */
  lot: number;
  /** What happens; nothing, if a timer was cleared. */
  happen: (() => void) | undefined;
}

/** When the last simulated clock stopped. The next begins after it, so that time never runs back. */
let latest = 0;

/**
 * Stands in for `setTimeout`, `clearTimeout`, `setImmediate` and
 * `performance.now` while it lives. Of the events that are due at the same time, a random one is first.
 * All times are whole milliseconds.
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

  /** Begins at once. */
  constructor(random: Random) {
    this.#random = random;
    // Long enough after whatever was timed before to have nothing to do with it.
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

  /** Milliseconds since it began. */
  get now(): number {
    return this.#now - this.#began;
  }

  /** Timers that were set and neither fired nor were cleared. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Lets something happen in so many milliseconds. It is no timer of the program. */
  schedule(ms: number, happen: () => void): void {
    this.#add({ at: this.#now + ms, lot: this.#random.below(LOTS), happen });
  }

  /**
   * Lets the next event happen, and all that follows from it at once. Resolves
   * to `false` if there is none.
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

  /** Lets promises settle, and whoever gave way to others (lib/connection/fairness.ts) go on. */
  async #settle(): Promise<void> {
    do {
      for (const call of this.#immediates.splice(0)) call();
      await new Promise<void>((resolve) => this.#real.setImmediate(resolve));
    } while (this.#immediates.length > 0);
  }

  /** Gives the real clock back. */
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
