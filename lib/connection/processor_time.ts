/**
 * The processor time that one connection uses.
 *
 * @module
 */

import type { IdleTimer } from "./timers.ts";
import {
  isContended,
  isOverworked,
  LONG,
  noteWork,
  yieldIfDue,
} from "./fairness.ts";

/** A connection that has used so many milliseconds more than it may comes after the others. */
const HEAVY = 2;
/** What a connection may use for each message, in milliseconds. A usual request takes less. */
const PER_MESSAGE = 0.1;
/** The longest time that decoding one byte takes, in milliseconds: more than `deno task costliest` has found. */
const LONGEST_BYTE = 0.0004;
/** After so many milliseconds, half of the time that was used is forgotten. */
const HALF_LIFE = 1000;
/** The connections that have sent a whole message come first, then new ones, and then heavy ones. */
const KNOWN = 2000;
const NEW = 1000;

/** Counts the work for one connection, so that the work for others can come first. */
export class ProcessorTime {
  /** Whether the connection has sent a whole message. */
  isKnown = false;
  /** Milliseconds above what it may use, at the time `#usedAt`. */
  #used = 0;
  #usedAt = 0;
  #lastProcessing = 0;

  /**
   * Returns when decoding begins, in `performance.now()` time; 0 if the buffer is too
   * small for long work. Then the clock is not read, which is slow.
   */
  beginDecoding(bufferBytes: number): number {
    return bufferBytes * LONGEST_BYTE < LONG ? 0 : performance.now();
  }

  /** Counts decoding that {@linkcode beginDecoding} began, and that completed some messages. */
  countDecoding(began: number, messages: number, bufferBytes: number): void {
    this.isKnown ||= messages > 0;
    // What takes longer is no work of this connection: the engine's garbage
    // collection, or another program.
    const longest = bufferBytes * LONGEST_BYTE;
    const ms = began > 0 ? Math.min(performance.now() - began, longest) : 0;
    this.#count(ms - messages * PER_MESSAGE);
    noteWork(ms);
  }

  /** Returns when processing begins, in `performance.now()` time; 0 if it is not counted: one batch in eight is, at random. */
  beginProcessing(): number {
    const isCounted = this.#lastProcessing >= LONG || Math.random() < 1 / 8;
    return isCounted ? performance.now() : 0;
  }

  /** Counts processing that {@linkcode beginProcessing} began. */
  countProcessing(began: number): void {
    if (began === 0) return;
    const ms = performance.now() - began;
    this.#count(Math.min(ms, this.#lastProcessing)); // for the same reason
    this.#lastProcessing = ms;
    noteWork(ms);
  }

  #count(ms: number): void {
    if (this.#used === 0 && ms <= 0) return;
    const now = performance.now();
    this.#used = Math.max(0, this.#recent(now) + ms);
    this.#usedAt = now;
  }

  #recent(now: number): number {
    return this.#used * 0.5 ** ((now - this.#usedAt) / HALF_LIFE);
  }

  /**
   * How much it has used, to be compared with other connections at any time. For
   * heavy ones, twice as much is 1 more, and so is as much a half-life later.
   */
  get #comparable(): number {
    return this.isHeavy
      ? Math.log2(this.#used) + this.#usedAt / HALF_LIFE
      : this.#used - (this.isKnown ? KNOWN : NEW);
  }

  /** Whether it has used too much in the last moments. */
  get isHeavy(): boolean {
    return this.#used >= HEAVY && this.#recent(performance.now()) >= HEAVY;
  }

  /** Whether so many connections are active that it must yield before each read. The first message needs fewer delays. */
  get isContended(): boolean {
    return this.isKnown && isContended();
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
  #began: number;
  #steps = 0;

  /** Begins a computation for the connection whose time this is. */
  constructor(time: ProcessorTime) {
    this.#time = time;
    this.#began = time.beginProcessing();
  }

  /** Counts a step. Returns whether the computation should yield. */
  isOver(): boolean {
    if (++this.#steps % STEPS !== 0) return false;
    const now = performance.now();
    if (this.#began === 0) this.#began = now;
    return now - this.#began >= SLICE;
  }

  /** Waits for a promise. The wait is not counted as work. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    this.end();
    try {
      return await promise;
    } finally {
      this.#began = this.#time.beginProcessing();
    }
  }

  /** Ends the computation. */
  end(): void {
    this.#time.countProcessing(this.#began);
  }
}
