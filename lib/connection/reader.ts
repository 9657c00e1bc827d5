/**
 * Splits the bytes of one connection into messages.
 *
 * @module
 */

import { ignoringErrors } from "../events.ts";
import { ProtocolError } from "../formats/errors.ts";
import type { FormatReader, Message, WireFormat } from "../formats/format.ts";
import type { MessageLimits } from "../limits.ts";
import { hold, type Holder } from "./unfinished.ts";

/** The buffer size of an idle connection, in bytes. */
const SMALLEST_BUFFER = 1024;
/** The most bytes of one read, also while a long message is read. All its messages are decoded at once. */
const LARGEST_READ = 65_536;
/**
 * After this many small reads in a row, the buffer is halved. A single small
 * read may be just the end of a burst.
 */
const SMALL_READS = 4;

/** The buffer of all connections that only drop bytes. */
const DISCARDED = new Uint8Array(LARGEST_READ);

/** The read buffer of one connection, and the decoder of its messages. */
export class MessageReader<In = Message> implements Holder {
  #format: FormatReader<In>;
  #maxRequestBytes: number;
  #largestBuffer: number;
  #smallestBuffer: number;
  #buffer: Uint8Array;
  /** Bytes at the buffer's front that belong to an incomplete message. */
  #kept = 0;
  /** Small reads in a row. */
  #smallReads = 0;
  #lastReadFilled = false;
  #error: ProtocolError | undefined;
  #maxUnfinishedBytes: number;
  #isHolding = false;
  #isDecoding = false;
  #onEvicted: (error: ProtocolError) => void;

  /**
   * Creates the reader of one connection. `onEvicted` is called if the incomplete
   * messages of all connections are too large together, and this one is the largest.
   */
  constructor(
    format: Pick<WireFormat<In, never>, "reader">,
    limits: MessageLimits,
    onEvicted: (error: ProtocolError) => void = () => {},
  ) {
    this.#format = format.reader(limits);
    this.#maxRequestBytes = limits.maxRequestBytes;
    this.#maxUnfinishedBytes = limits.maxUnfinishedBytes;
    this.#onEvicted = onEvicted;
    // A message that does not fit into the largest buffer is too long.
    this.#largestBuffer = Math.max(1, limits.maxRequestBytes);
    this.#smallestBuffer = Math.min(SMALLEST_BUFFER, this.#largestBuffer);
    this.#buffer = new Uint8Array(this.#smallestBuffer);
  }

  /** The part of the buffer for the next read. */
  get room(): Uint8Array {
    const isWhole = this.#kept === 0 && this.#buffer.length <= LARGEST_READ;
    return isWhole
      ? this.#buffer
      : this.#buffer.subarray(this.#kept, this.#kept + LARGEST_READ);
  }

  /** The buffer's size. */
  get bufferBytes(): number {
    return this.#buffer.length;
  }

  /** Whether the last read filled its room: then more bytes have probably arrived. */
  get lastReadFilled(): boolean {
    return this.#lastReadFilled;
  }

  /** Bytes of the incomplete message. */
  get pendingBytes(): number {
    return (this.#format.pendingBytes ?? 0) + this.#kept;
  }

  /**
   * Whether decoding has paused, so that the buffer may hold more complete
   * messages.
   */
  get hasUndecoded(): boolean {
    return this.#format.paused === true;
  }

  /** The error that ended decoding after the last valid message. */
  get error(): ProtocolError | undefined {
    return this.#error;
  }

  /** What the incomplete message looks like, if it looks like something else. */
  get hint(): string | undefined {
    if (this.#kept === 0) return undefined;
    return this.#format.hint?.(this.#buffer, this.#kept);
  }

  /** Returns the messages that a read of `count` bytes completed. */
  decode(count: number): In[] {
    if (this.#error) return []; // the message was dropped while these bytes came
    const end = this.#kept + count;
    if (!this.hasUndecoded) this.#lastReadFilled = count === this.room.length;
    const messages: In[] = [];
    this.#isDecoding = true;
    try {
      const taken = this.#format.read(this.#buffer, end, messages);
      if (!(taken >= 0 && taken <= end)) {
        throw new RangeError(`The format's read took ${taken} of ${end} bytes`);
      }
      this.#keep(taken, end);
      const isFull = this.#kept === this.#buffer.length; // no room to read
      const isTooLong = isFull || this.pendingBytes > this.#maxRequestBytes;
      if (isTooLong && !this.hasUndecoded) throw tooLong(this.#maxRequestBytes);
      if (this.#isHolding || this.pendingBytes > 0) this.#hold();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#error = error;
      this.drop();
    } finally {
      this.#isDecoding = false;
    }
    return messages;
  }

  /** Drops the bytes of a read of `count` bytes. Returns no messages. */
  discard(count: number): In[] {
    this.#lastReadFilled = count === this.room.length;
    return [];
  }

  /**
   * Notes that no more bytes come.
   *
   * @throws {ProtocolError} If a message is incomplete.
   */
  end(): void {
    const { pendingBytes, hint } = this;
    this.drop();
    if (pendingBytes > 0 && !this.#error) {
      const why = `The connection ended ${pendingBytes} bytes into a message`;
      throw new ProtocolError(hint ? `${why}: ${hint}` : why);
    }
  }

  #hold(): void {
    // A client has no limit: it chose its server.
    this.#isHolding = this.pendingBytes > 0 &&
      this.#maxUnfinishedBytes < Infinity;
    const bytes = this.#isHolding
      ? this.#buffer.length + (this.#format.heldBytes ?? 0)
      : 0;
    hold(this, bytes, this.#maxUnfinishedBytes);
  }

  /** Drops the incomplete message, since it is the largest of too many. */
  evict(most: number): void {
    const why = `The server holds over ${most} bytes of incomplete messages`;
    this.#error = new ProtocolError(why, { limit: "maxUnfinishedBytes" });
    this.drop();
    if (!this.#isDecoding) this.#onEvicted(this.#error);
  }

  /** Drops the incomplete message. */
  drop(): void {
    if (this.#isHolding) hold(this, 0, Infinity);
    this.#isHolding = false;
    this.#kept = 0;
    this.#buffer = DISCARDED; // what comes now is not decoded
    ignoringErrors(() => this.#format.drop?.())();
  }

  /**
   * Moves the undecoded bytes to the front of the buffer. Doubles the buffer when
   * a read filled it, and halves it when several reads in a row used at most a
   * quarter.
   */
  #keep(taken: number, end: number): void {
    let size = this.#buffer.length;
    this.#smallReads = end <= size / 4 ? this.#smallReads + 1 : 0;
    if (end === size) size = Math.min(size * 2, this.#largestBuffer);
    else if (this.#smallReads >= SMALL_READS) {
      size = Math.max(size >> 1, this.#smallestBuffer);
    }
    this.#kept = end - taken;
    if (size !== this.#buffer.length) {
      const rest = this.#buffer.subarray(taken, end);
      this.#buffer = new Uint8Array(size);
      this.#buffer.set(rest);
    } else if (this.#kept > 0 && taken > 0) {
      this.#buffer.copyWithin(0, taken, end);
    }
  }
}

/** The error for a format that does not check the length of a message itself. */
function tooLong(maxRequestBytes: number): ProtocolError {
  const why = `A message is longer than ${maxRequestBytes} bytes`;
  return new ProtocolError(why, { limit: "maxRequestBytes" });
}
