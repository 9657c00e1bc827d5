/**
 * The bytes that wait to be written to one connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Deadline } from "./timers.ts";

const NONE = new Uint8Array();

/** A queue of bytes, which leave in order and in as few writes as possible. */
export class WriteQueue {
  #segments: Uint8Array[] = [];
  /** The bytes that are being written. A write may take only some of them. */
  #current: Uint8Array = NONE;
  #pendingBytes = 0;
  #softLimit: number;
  #deadline: Deadline;
  /** Bytes the peer must accept per period of the deadline. */
  #portion: number;
  /** Bytes it has accepted of the current portion. */
  #accepted = 0;
  /** When the next write may leave, on the clock of `performance.now()`. */
  #notBefore = 0;

  /**
   * `deadline` starts when more than `softLimit` bytes are queued, restarts for
   * every `softLimit` bytes that the peer accepts, and stops when none are queued.
   */
  constructor(softLimit: number, deadline: Deadline) {
    this.#softLimit = this.#portion = softLimit;
    this.#deadline = deadline;
  }

  /** Bytes that the peer has not accepted. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether the peer must accept what is queued before more should be added. */
  get isFull(): boolean {
    return this.#pendingBytes > this.#softLimit;
  }

  /** Adds bytes, which must not be changed afterwards. */
  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // Behind a peer that accepts nothing, bytes may stay for long. They get memory
    // of their own, so that a few of them do not keep a whole block from being freed.
    const isWriting = this.#current.length > 0;
    this.#segments.push(isWriting ? bytes.slice() : bytes);
    this.#pendingBytes += bytes.length;
    if (this.isFull) this.#deadline.start();
  }

  /** Holds back the next write for so many milliseconds. */
  holdBack(ms: number): void {
    this.#notBefore = performance.now() + ms;
  }

  /** Whether the next write is held back. */
  get isHeldBack(): boolean {
    return this.#notBefore > 0;
  }

  /** Waits until the next write may leave. */
  async waitUntilFree(): Promise<void> {
    let left: number;
    while ((left = this.#notBefore - performance.now()) > 0) {
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
    }
    this.#notBefore = 0;
  }

  /** The bytes for the next write: all that wait, or the rest of the last write. */
  next(): Uint8Array {
    if (this.#current.length === 0) {
      this.#current = this.#segments.length === 1
        ? this.#segments[0]
        : Buffer.concat(this.#segments);
      this.#segments = [];
    }
    return this.#current;
  }

  /** Removes the bytes that the peer accepted of a write. */
  remove(count: number): void {
    const isWhole = count === this.#current.length;
    this.#current = isWhole ? NONE : this.#current.subarray(count);
    this.#pendingBytes -= count;
    this.#accepted += count;
    const isPortion = this.#accepted >= this.#portion;
    if (isPortion) this.#accepted = 0;
    const deadline = this.#deadline;
    if (deadline.isRunning && (isPortion || this.#pendingBytes === 0)) {
      deadline[Symbol.dispose]();
      if (this.#pendingBytes > 0) deadline.start();
    }
  }

  /** From now on, the deadline runs until the peer has accepted everything. */
  requireAll(): void {
    this.#softLimit = 0;
    if (this.isFull) this.#deadline.start();
  }

  /** Drops all bytes. */
  clear(): void {
    this.#segments = [];
    this.#current = NONE;
    this.#pendingBytes = 0;
    this.#deadline[Symbol.dispose]();
  }
}
