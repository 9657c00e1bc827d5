/**
 * The bytes that wait to be written to one connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ByteQueue, handOver } from "./encode.ts";
import type { Deadline } from "./timers.ts";

const NONE = new Uint8Array();
/** The most segments. An object for each short message would take far more than its bytes. */
const MOST_SEGMENTS = 64;

/** A queue of bytes that are written in order, in as few writes as possible. */
export class WriteQueue implements ByteQueue {
  #segments: Uint8Array[] = [];
  /** Bytes that come after the segments, copied behind each other. The block has room for more. */
  #block: Uint8Array = NONE;
  #blockEnd = 0;
  /** The bytes of the current write, which may accept only some of them. */
  #current: Uint8Array = NONE;
  #pendingBytes = 0;
  #softLimit: number;
  #deadline: Deadline;
  /** Bytes that the peer must accept per period of the deadline. */
  #portion: number;
  /** Bytes of the current portion that the peer has accepted. */
  #accepted = 0;
  /** When the next write may start, in `performance.now()` time. */
  #notBefore = 0;

  /**
   * `deadline` starts when more than `softLimit` bytes are queued, restarts for
   * every `softLimit` bytes that the peer accepts, and stops when none are queued.
   */
  constructor(softLimit: number, deadline: Deadline) {
    this.#softLimit = this.#portion = softLimit;
    this.#deadline = deadline;
  }

  /** Bytes that the peer has not accepted yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Whether so much is queued that no more should be added now. */
  get isFull(): boolean {
    return this.#pendingBytes > this.#softLimit;
  }

  /** Counts bytes that were encoded. {@linkcode add} stores them, at the latest before the next write. */
  expect(count: number): void {
    this.#pendingBytes += count;
    if (this.isFull) this.#deadline.start();
    if (this.#current.length > 0) handOver(); // and copy them: the peer may accept this write late
  }

  add(bytes: Uint8Array): void {
    // While a write is in progress, new bytes may wait for a long time. They are
    // copied, since a segment would keep the large block in memory that it is in.
    const isCopied = this.#current.length > 0 || this.#blockEnd > 0 ||
      this.#segments.length === MOST_SEGMENTS;
    if (isCopied) this.#copy(bytes);
    else this.#segments.push(bytes);
  }

  #copy(bytes: Uint8Array): void {
    const end = this.#blockEnd + bytes.length;
    if (end > this.#block.length) {
      const grown = new Uint8Array(2 * end);
      grown.set(this.#block.subarray(0, this.#blockEnd));
      this.#block = grown;
    }
    this.#block.set(bytes, this.#blockEnd);
    this.#blockEnd = end;
  }

  /** Holds back the next write for `ms` milliseconds. */
  holdBack(ms: number): void {
    this.#notBefore = performance.now() + ms;
  }

  /** Whether the next write is held back. */
  get isHeldBack(): boolean {
    return this.#notBefore > 0;
  }

  /** Waits until the next write may start. */
  async waitUntilFree(): Promise<void> {
    let left: number;
    while ((left = this.#notBefore - performance.now()) > 0) {
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
    }
    this.#notBefore = 0;
  }

  /** Returns the bytes for the next write: the rest of the last write, or else all queued bytes. */
  next(): Uint8Array {
    if (this.#current.length === 0) {
      handOver();
      if (this.#blockEnd > 0) this.#segments.push(this.#takeBlock());
      this.#current = this.#segments.length === 1
        ? this.#segments[0]
        : Buffer.concat(this.#segments);
      this.#segments = [];
    }
    return this.#current;
  }

  #takeBlock(): Uint8Array {
    const bytes = this.#block.subarray(0, this.#blockEnd);
    this.#block = NONE;
    this.#blockEnd = 0;
    return bytes;
  }

  /** Removes `count` bytes that the peer has accepted. */
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

  /** Whether the deadline runs until the peer has accepted everything. */
  requireAll(isRequired: boolean): void {
    this.#softLimit = isRequired ? 0 : this.#portion;
    if (this.isFull) this.#deadline.start();
  }

  /** Drops all bytes. */
  clear(): void {
    handOver();
    this.#segments = [];
    this.#takeBlock();
    this.#current = NONE;
    this.#pendingBytes = 0;
    this.#deadline[Symbol.dispose]();
  }
}
