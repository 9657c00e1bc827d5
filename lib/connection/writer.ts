/**
 * Writes messages to one connection.
 *
 * @module
 */

import type { WireFormat } from "../formats/format.ts";
import type { ConnectionLimits, LimitName } from "../limits.ts";
import { closeOnce, type Connection, isDisconnect } from "../net.ts";
import { counted } from "../text.ts";
import { encode } from "./encode.ts";
import { Deadline } from "./timers.ts";
import { WriteQueue } from "./write_queue.ts";

/** What a writer tells its connection. */
export interface WriterHooks {
  /** At most this many messages were queued, with this many bytes in total. */
  onQueued(bytes: number, messages: number): void;
  /** The peer has accepted this many bytes. `more` says whether more are queued. */
  onWritten(bytes: number, more: boolean): void;
  /** Too much is queued, or the peer is too slow. `reason` says which. */
  onLimit(limit: LimitName, reason: string): void;
  /** A write failed. */
  onFailed(): void;
}

/** Encodes messages, and writes them in order, in as few writes as possible. */
export class MessageWriter<Out> {
  #conn: Connection;
  #format: WireFormat<unknown, Out>;
  #maxQueuedBytes: number;
  #hooks: WriterHooks;
  #queue: WriteQueue;
  #writing: Promise<void> | undefined;
  /** The error of a failed write, unless it only means that the connection has ended. */
  #error: unknown;

  /** Creates the writer of one connection. */
  constructor(
    conn: Connection,
    format: WireFormat<unknown, Out>,
    { queueTimeout, softQueuedBytes, maxQueuedBytes }: ConnectionLimits,
    hooks: WriterHooks,
  ) {
    this.#conn = conn;
    this.#format = format;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#hooks = hooks;
    const deadline = new Deadline(queueTimeout, () => {
      hooks.onLimit("queueTimeout", `${this.unread}, for ${queueTimeout} s`);
    });
    this.#queue = new WriteQueue(softQueuedBytes, deadline);
  }

  /** Bytes that the peer has not accepted yet. */
  get queuedBytes(): number {
    return this.#queue.pendingBytes;
  }

  /** Says that the peer does not read, and how many bytes wait. */
  get unread(): string {
    const bytes = counted(this.queuedBytes, "byte");
    return `It does not read its answers: ${bytes} waited`;
  }

  /** Whether so much is queued that no more should be added now. */
  get isFull(): boolean {
    return this.#queue.isFull;
  }

  /**
   * Queues messages, to be sent in order and in one write.
   *
   * @throws {TypeError} If the format cannot express one of them. Those before it are sent.
   */
  queue(messages: readonly (Out | undefined)[]): void {
    const left = this.#maxQueuedBytes - this.#queue.pendingBytes;
    const queue = this.#queue;
    const { count, error } = encode(messages, this.#format, left, queue);
    queue.expect(count);
    this.#hooks.onQueued(count, messages.length);
    if (count > 0) this.#writing ??= this.#write();
    if (count > left) {
      const most = `${this.queuedBytes}, over ${this.#maxQueuedBytes}`;
      const why = `Too many bytes of answers wait for it: ${most}`;
      this.#hooks.onLimit("maxQueuedBytes", why);
    }
    if (error !== undefined) throw error;
  }

  /** Waits until all that is queued is written. @throws the error of a failed write. */
  async drained(): Promise<void> {
    do await this.#writing; while (this.#writing);
    if (this.#error) throw this.#error;
  }

  /** Holds back the next write for `ms` milliseconds. */
  holdBack(ms: number): void {
    this.#queue.holdBack(ms);
  }

  /** Whether the peer must accept all within `queueTimeout`, however little it is. */
  requireAll(isRequired: boolean): void {
    this.#queue.requireAll(isRequired);
  }

  /** Drops all that is queued. */
  clear(): void {
    this.#queue.clear();
  }

  /** Writes until the queue is empty. One write at a time keeps the order. */
  async #write(): Promise<void> {
    const queue = this.#queue;
    try {
      await null; // let other answers of this turn join
      while (queue.pendingBytes > 0) {
        if (queue.isHeldBack) await queue.waitUntilFree(); // it may be empty now
        if (queue.pendingBytes === 0) return;
        const next = queue.next();
        if (next.length === 0) { // the format has removed bytes from its sink
          closeOnce(this.#conn);
          throw new TypeError("The format has removed bytes from its sink");
        }
        const bytes = await this.#conn.write(next);
        if (queue.pendingBytes === 0) return; // the connection was closed
        queue.remove(bytes);
        this.#hooks.onWritten(bytes, queue.pendingBytes > 0);
      }
    } catch (error) {
      // A sender that waits for this write throws the error. Thrown here, it
      // would be an unhandled rejection.
      if (!isDisconnect(error)) this.#error = error;
      this.#hooks.onFailed();
    } finally {
      this.#writing = undefined;
    }
  }
}
