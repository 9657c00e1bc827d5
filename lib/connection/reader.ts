/**
 * Cuts the bytes of one connection into messages.
 *
 * @module
 */

import { ProtocolError } from "../formats/errors.ts";
import type { FormatReader, Message, WireFormat } from "../formats/format.ts";
import type { MessageLimits } from "../limits.ts";

/** Bytes of the buffer of an idle connection. */
const SMALLEST_BUFFER = 1024;
/** While reads fill the buffer, it doubles up to this size. */
const LARGEST_BUFFER = 65_536;
/** After so many small reads in a row the buffer is halved. A single one may just end a burst. */
const SMALL_READS = 4;

/** A buffer for the reads of one connection, and the messages in it. */
export class MessageReader {
  #format: FormatReader;
  #largestBuffer: number;
  #buffer = new Uint8Array(SMALLEST_BUFFER);
  /** Bytes at the buffer's front that belong to an incomplete message. */
  #kept = 0;
  /** Small reads in a row. */
  #smallReads = 0;
  #lastReadFilled = false;
  #error: ProtocolError | undefined;

  /** Has read nothing yet. */
  constructor(format: WireFormat, limits: MessageLimits) {
    this.#format = format.reader(limits);
    // One opcode or line can be as long as a message.
    this.#largestBuffer = Math.max(LARGEST_BUFFER, limits.maxRequestBytes);
  }

  /** Where the next read must put its bytes. */
  get room(): Uint8Array {
    return this.#kept > 0 ? this.#buffer.subarray(this.#kept) : this.#buffer;
  }

  /** Whether the last read filled its room, so that more has probably come. */
  get lastReadFilled(): boolean {
    return this.#lastReadFilled;
  }

  /** Bytes of the message that is incomplete. */
  get pendingBytes(): number {
    return this.#format.pendingBytes + this.#kept;
  }

  /** Whether messages are in the buffer for which no further byte is needed. */
  get hasUndecoded(): boolean {
    return this.#format.paused === true;
  }

  /** Why decoding stopped after the last good message. */
  get error(): ProtocolError | undefined {
    return this.#error;
  }

  /** The messages that a read of `count` bytes completed. */
  decode(count: number): Message[] {
    const end = this.#kept + count;
    if (!this.hasUndecoded) this.#lastReadFilled = end === this.#buffer.length;
    const messages: Message[] = [];
    try {
      const taken = this.#format.read(this.#buffer, end, messages);
      this.#keep(taken, end);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#error = error;
      this.drop();
    }
    return messages;
  }

  /** Drops what a read of `count` bytes brought, and so has no messages. */
  discard(count: number): Message[] {
    this.#lastReadFilled = count === this.#buffer.length;
    return [];
  }

  /**
   * Notes that no more bytes come.
   *
   * @throws {ProtocolError} If a message is incomplete.
   */
  end(): void {
    const { pendingBytes } = this;
    this.drop();
    if (pendingBytes > 0 && !this.#error) {
      throw new ProtocolError(
        `The connection ended ${pendingBytes} bytes into a message`,
      );
    }
  }

  /** Drops the incomplete message. */
  drop(): void {
    this.#kept = 0;
    this.#format.drop?.();
  }

  /**
   * Moves what was not taken to the front of a buffer that fits the traffic:
   * twice as large when a read filled it, half as large when several reads in a
   * row used at most a quarter.
   */
  #keep(taken: number, end: number): void {
    let size = this.#buffer.length;
    this.#smallReads = end <= size / 4 ? this.#smallReads + 1 : 0;
    if (end === size) size = Math.min(size * 2, this.#largestBuffer);
    else if (this.#smallReads >= SMALL_READS) {
      size = Math.max(size / 2, SMALLEST_BUFFER);
    }
    this.#kept = end - taken;
    if (size !== this.#buffer.length) {
      const rest = this.#buffer.subarray(taken, end);
      this.#buffer = new Uint8Array(size);
      this.#buffer.set(rest);
    } else if (this.#kept > 0) this.#buffer.copyWithin(0, taken, end);
  }
}
