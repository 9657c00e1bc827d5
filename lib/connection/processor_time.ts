/**
 * The processor time that one connection uses.
 *
 * @module
 */

import type { Sent } from "../events.ts";
import type { IdleTimer } from "./timers.ts";
import {
  CONTENDED_SLICE,
  isContended,
  isOverworked,
  LONG,
  noteWork,
  SLICE,
  yieldIfDue,
} from "./fairness.ts";

/** The part of a connection's reader that says how much it may decode at once. */
export interface Buffered {
  /** The buffer's size. */
  readonly bufferBytes: number;
  /** Bytes of the incomplete message. */
  readonly pendingBytes: number;
}

/** A connection is heavy when it has used so many milliseconds more than it may. */
const HEAVY = 2;
/** What a connection may use for each message, in milliseconds. A usual request takes less. */
const PER_MESSAGE = 0.1;
/** The longest time that decoding one byte takes, in milliseconds: more than `deno task costliest` has found. */
const LONGEST_BYTE = 0.0004;
/** After so many milliseconds, half of the time that was used is forgotten. */
const HALF_LIFE = 1000;
/** The least time that is compared, in milliseconds. */
const LEAST = 0.01;
/** A known connection that has used less than so many milliseconds comes first. */
const LITTLE = 5;
/** First come those, then all others that are not heavy, then heavy ones. Only heavy ones are above 0. */
const FIRST = -2e9;
const SECOND = -1e9;
const THIRD = 1e9;
/** A heavy connection in the middle of a message comes before those that have used up to 32 times less. To finish a message frees memory. */
const IN_MESSAGE = 5;

/** A sum of times that halves every {@linkcode HALF_LIFE}. */
class RecentTime {
  #ms = 0;
  #at = performance.now();

  /** Adds so many milliseconds. The sum is never below 0. `now` is the time, if the caller has read the clock. */
  add(ms: number, now?: number): void {
    if (ms === 0 || (this.#ms === 0 && ms < 0)) return; // reading the clock is slow
    now ??= performance.now();
    this.#ms = Math.max(0, this.#left(now) + ms);
    this.#at = now;
  }

  #left(now: number): number {
    return this.#ms * 0.5 ** ((now - this.#at) / HALF_LIFE);
  }

  /** Whether at least so many milliseconds are left. */
  isAtLeast(ms: number): boolean {
    return this.#ms >= ms && this.#left(performance.now()) >= ms;
  }

  /** A number that can be compared at any time: twice as much is 1 more, and so is as much a half-life later. */
  get comparable(): number {
    return Math.log2(Math.max(LEAST, this.#ms)) + this.#at / HALF_LIFE;
  }
}

/** Counts the work for one connection, so that the work for others can come first. */
export class ProcessorTime {
  /** Whether the connection has sent a whole message. */
  #isKnown = false;
  #isInMessage = false;
  /** What was used. */
  #all = new RecentTime();
  /** What was used above {@linkcode PER_MESSAGE}. */
  #excess = new RecentTime();
  #lastProcessing = 0;

  /**
   * Returns when decoding begins, in `performance.now()` time; 0 if the buffer is too
   * small for long work. Then the clock is not read, which is slow.
   */
  beginDecoding(bufferBytes: number): number {
    return bufferBytes * LONGEST_BYTE < LONG ? 0 : performance.now();
  }

  /** Counts decoding that {@linkcode beginDecoding} began, and that completed some messages. */
  countDecoding(began: number, messages: number, reader: Buffered): void {
    this.#isKnown ||= messages > 0;
    this.#isInMessage = reader.pendingBytes > 0;
    // What takes longer is no work of this connection: the engine's garbage
    // collection, or another program.
    const longest = reader.bufferBytes * LONGEST_BYTE;
    const now = began > 0 ? performance.now() : undefined;
    const ms = now === undefined ? 0 : Math.min(now - began, longest);
    this.#count(ms, Math.min(messages * PER_MESSAGE, longest), now);
  }

  /** Returns when processing begins, in `performance.now()` time; 0 if it is not counted: one batch in eight is, at random. */
  beginProcessing(): number {
    const isCounted = this.#lastProcessing >= LONG || Math.random() < 1 / 8;
    return isCounted ? performance.now() : 0;
  }

  /** Counts processing that {@linkcode beginProcessing} began. */
  countProcessing(began: number): void {
    if (began === 0) return;
    const now = performance.now();
    const ms = now - began;
    // One long piece may be no work of this connection, either. Two in a row are.
    this.#count(Math.min(ms, this.#lastProcessing), 0, now);
    this.#lastProcessing = ms;
  }

  #count(ms: number, allowed: number, now?: number): void {
    this.#all.add(ms, now);
    this.#excess.add(ms - allowed, now);
    noteWork(ms);
  }

  /** Forgets what was used: bytes that are only dropped need no place behind others. */
  forget(): void {
    this.#all = new RecentTime();
    this.#excess = new RecentTime();
    this.#isInMessage = false;
  }

  /** Whether it has used too much in the last moments. */
  get isHeavy(): boolean {
    return this.#excess.isAtLeast(HEAVY);
  }

  /** How much it has used, to be compared with other connections at any time. */
  get #comparable(): number {
    if (this.isHeavy) {
      const excess = this.#excess.comparable;
      return THIRD + excess - (this.#isInMessage ? IN_MESSAGE : 0);
    }
    const isFirst = this.#isKnown && !this.#all.isAtLeast(LITTLE);
    return (isFirst ? FIRST : SECOND) + this.#all.comparable;
  }

  /**
   * Whether it must yield before a read if others have waited for long: if there are
   * more bytes, or many connections are active. Its first message needs fewer delays.
   */
  isDue(hasMore: boolean): boolean {
    return hasMore || (this.#isKnown && isContended());
  }

  /** What the peer has sent until now. */
  hasSent(idle: IdleTimer): Sent {
    if (this.#isKnown) return "messages";
    return this.#isInMessage || !idle.isWaiting ? "bytes" : "nothing";
  }

  /** Whether others should work before it does. */
  get shouldYield(): boolean {
    return isOverworked() || this.isHeavy;
  }

  /** Lets others work first if they have waited for so many milliseconds. */
  yieldIfDue(ms?: number): Promise<void> {
    return yieldIfDue(ms, this.#comparable);
  }

  /**
   * The same before a read, or before bytes that were read are decoded. Meanwhile
   * the peer is not idle: if reading stops, these bytes are still decoded. `hasMore`
   * says whether there are more bytes.
   */
  async yieldWith(idle: IdleTimer, hasMore: boolean): Promise<void> {
    idle.hold();
    await this.yieldIfDue(hasMore ? undefined : CONTENDED_SLICE);
    idle.release();
  }
}

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
