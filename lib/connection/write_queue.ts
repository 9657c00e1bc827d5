/**
 * What is to be written to a connection.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { concat } from "../bytes.ts";
import type { Deadline } from "./deadline.ts";
import type { Connection } from "../net.ts";
import { isDisconnect } from "../net.ts";

/** A queue of bytes with one write under way at a time, so that none overtakes another. */
export class Outbox {
  #conn: Connection;
  #softQueuedBytes: number;
  /** Bytes that a peer must take for each time of the deadline, and has taken of them. */
  #portion: number;
  #taken = 0;
  #deadline: Deadline;
  #onWritten: (bytes: number) => void;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> | undefined;
  /** Whether the peer is to take what is being written. */
  #underWay = false;
  /** When the next write may leave, on the clock of `performance.now()`. */
  #notBefore = 0;
  #over = false;
  /** What went wrong, where it is more than the connection's end. */
  #failure: unknown;

  /**
   * `deadline` runs from when more than `softQueuedBytes` wait until all were
   * taken, anew whenever as many were taken. `onWritten` is told how many bytes the
   * peer took, whenever it took some.
   */
  constructor(
    conn: Connection,
    softQueuedBytes: number,
    deadline: Deadline,
    onWritten: (bytes: number) => void,
  ) {
    this.#conn = conn;
    this.#softQueuedBytes = this.#portion = softQueuedBytes;
    this.#deadline = deadline;
    this.#onWritten = onWritten;
  }

  /** Bytes that the peer has not taken yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Whether the peer should take what it is owed before more is queued. */
  get full(): boolean {
    return this.#queued > this.#softQueuedBytes;
  }

  /** Whether nothing can be written any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Queues bytes. What is queued in one turn of the event loop leaves in one write. */
  push(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    // While the peer takes nothing, this may stay for long.
    this.#queue.push(this.#underWay ? bytes.slice() : bytes);
    this.#queued += bytes.length;
    if (this.full) this.#deadline.begin();
    this.#writing ??= this.#write();
  }

  /** From now on, the deadline runs until the peer has taken everything. */
  lastCall(): void {
    this.#softQueuedBytes = 0;
    if (this.full) this.#deadline.begin();
  }

  /** Sends what is queued, and only `ms` milliseconds later what comes after it. */
  async pauseAfterThis(ms: number): Promise<void> {
    await this.flushed();
    this.#notBefore = performance.now() + ms;
  }

  /** Drops what is queued, and takes no more: the connection is over. */
  drop(): void {
    this.#over = true;
    this.#queue = [];
    this.#queued = 0;
    this.#deadline[Symbol.dispose]();
  }

  /** Resolves once all is written, or cannot be since the connection is over. */
  async flushed(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    try {
      await null; // let the rest of this turn's answers join
      while (this.#queue.length > 0) {
        if (this.#notBefore > 0) await this.#pause();
        const bytes = this.#queue.length === 1
          ? this.#queue[0]
          : concat(this.#queue);
        this.#queue = [];
        let written = 0;
        while (written < bytes.length) {
          // A write may take only a part.
          const rest = written > 0 ? bytes.subarray(written) : bytes;
          this.#underWay = true;
          const count = await this.#conn.write(rest);
          this.#underWay = false;
          if (this.#over) return;
          written += count;
          this.#queued -= count;
          this.#noteTaken(count);
          this.#onWritten(count);
        }
      }
    } catch (error) {
      // Kept for `flushed`: a rejection here, where nobody waits, would end the process.
      if (!isDisconnect(error)) this.#failure = error;
      this.drop();
    } finally {
      this.#writing = undefined;
    }
  }

  #noteTaken(count: number): void {
    this.#taken += count;
    const enough = this.#taken >= this.#portion;
    if (enough) this.#taken = 0;
    const late = this.#deadline.begun;
    // Once too much has waited, all must be taken: nothing is read before.
    if (enough || this.#queued === 0) this.#deadline[Symbol.dispose]();
    if (late && this.#queued > 0) this.#deadline.begin();
  }

  async #pause(): Promise<void> {
    let left: number;
    while ((left = this.#notBefore - performance.now()) > 0) {
      await delay(Math.ceil(left));
    }
    this.#notBefore = 0;
  }
}
