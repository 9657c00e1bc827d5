/**
 * The processor time that one connection uses.
 *
 * @module
 */

import type { IdleTimer } from "./timers.ts";
import { isOverworked, noteLongWork, yieldIfDue } from "./fairness.ts";

/** A piece of work that takes so many milliseconds is long. A batch of usual requests takes less. */
const LONG = 0.5;
/** After so many milliseconds, half of the time that was used is forgotten. */
const HALF_LIFE = 1000;
/** A new connection comes after those that are known, and before those with long work. */
const NEW = -1000;

/** Counts the long pieces of work for one connection, so that those for others come first. */
export class ProcessorTime {
  /** Milliseconds of long work. Later, half of it counts, and so on. */
  #used = 0;
  #usedAt = 0;
  #isKnown = false;

  /**
   * Counts a piece of work that began at this `performance.now()` time. `isKnown`
   * says whether the connection has sent a whole message.
   */
  count(began: number, isKnown = true): void {
    const now = performance.now();
    const ms = now - began;
    this.#isKnown ||= isKnown;
    if (ms < LONG) return;
    this.#used = this.#recent(now) + ms;
    this.#usedAt = now;
    noteLongWork(ms);
  }

  #recent(now: number): number {
    return this.#used * 0.5 ** ((now - this.#usedAt) / HALF_LIFE);
  }

  /**
   * How much it has used, to be compared with other connections at any time: twice
   * as much is 1 more, and so is as much a half-life later.
   */
  get #comparable(): number {
    if (this.isHeavy) {
      return Math.log2(this.#used) + this.#usedAt / HALF_LIFE;
    }
    return this.#isKnown ? -Infinity : NEW;
  }

  /** Whether it has done long work in the last moments. */
  get isHeavy(): boolean {
    if (this.#used > 0 && this.#recent(performance.now()) < LONG) {
      this.#used = 0;
    }
    return this.#used > 0;
  }

  /** Whether others should work before it does. */
  get shouldYield(): boolean {
    return isOverworked() || this.isHeavy;
  }

  /** Lets others work first if they have waited for long. */
  async yieldIfDue(ms?: number): Promise<void> {
    await yieldIfDue(ms, this.#comparable);
  }

  /**
   * The same for a connection with bytes to decode. Meanwhile its peer is not
   * idle: if reading stops, these bytes are still decoded.
   */
  async yieldWithBytes(idle: IdleTimer): Promise<void> {
    idle.hold();
    await this.yieldIfDue();
    idle.release();
  }
}

/** How long a computation may go on before it yields, in milliseconds. */
const SLICE = 2;
/** Steps of a computation between two readings of the clock. */
const STEPS = 64;

/** Measures a computation of many steps, so that it can yield when it takes long. */
export class TimeSlice {
  #time: ProcessorTime;
  #began = performance.now();
  #steps = 0;

  /** Begins a computation for the connection whose time this is. */
  constructor(time: ProcessorTime) {
    this.#time = time;
  }

  /** Counts a step. Returns whether the computation should yield. */
  isOver(): boolean {
    return ++this.#steps % STEPS === 0 &&
      performance.now() - this.#began >= SLICE;
  }

  /** Waits for a promise. The wait is not counted as work. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    this.end();
    try {
      return await promise;
    } finally {
      this.#began = performance.now();
    }
  }

  /** Ends the computation. */
  end(): void {
    this.#time.count(this.#began);
  }
}
