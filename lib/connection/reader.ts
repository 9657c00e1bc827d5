/**
 * What comes from a connection.
 *
 * @module
 */

import type { Deadline } from "./deadline.ts";
import type { MessageLimits } from "../limits.ts";
import type { Connection } from "../net.ts";
import { isDisconnect } from "../net.ts";
import {
  isCrowd,
  LONGEST_IN_A_CROWD,
  notePresent,
  takeTurns,
} from "./fairness.ts";
import { ProtocolError } from "../formats/errors.ts";
import type { Message, MessageReader, WireFormat } from "../formats/format.ts";

/** An idle connection holds a buffer of this size. */
const SMALLEST_BUFFER = 1024;
/** While reads fill it, it doubles up to this size. */
const LARGEST_BUFFER = 65_536;

/** After so many small reads in a row it is halved. The last piece of a burst is no reason. */
const SMALL_READS = 4;

/** Reads a connection, and cuts what comes into messages. */
export class Inbox {
  #conn: Connection;
  #deadline: Deadline;
  #onRead: (bytes: number, messages: number, whole: boolean) => void;
  #reader: MessageReader;
  #maxBuffer: number;
  #buffer = new Uint8Array(SMALLEST_BUFFER);
  /** How many bytes at the buffer's front belong to a message that is not whole. */
  #kept = 0;
  /** Small reads in a row. */
  #small = 0;
  /** Whether the last read found all that it had room for, so that there is more. */
  #more = false;
  #broken: ProtocolError | undefined;
  #discarding = false;
  #receiving = false;
  #ended = false;

  /**
   * `deadline` runs while a message that has begun is waited for. `onRead` is
   * told of each read how many bytes it brought, and messages it made whole, and
   * whether there was one, or all is to be dropped.
   */
  constructor(
    conn: Connection,
    format: WireFormat,
    limits: MessageLimits,
    deadline: Deadline,
    onRead: (bytes: number, messages: number, whole: boolean) => void,
  ) {
    this.#conn = conn;
    this.#deadline = deadline;
    this.#onRead = onRead;
    this.#reader = format.reader(limits);
    // One opcode or line can be as long as a message.
    this.#maxBuffer = Math.max(LARGEST_BUFFER, limits.maxRequestBytes);
  }

  /** Whether the peer sends no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** From now on, what comes is dropped. */
  discard(): void {
    this.#discarding = true;
    this.#kept = 0;
    this.#reader.drop?.();
    this.#deadline[Symbol.dispose]();
  }

  /**
   * Resolves to all messages that one read made whole: at least one. Resolves
   * to `undefined` once the peer sends no more.
   *
   * @throws {ProtocolError} If what came is no message. The messages before it
   * were resolved to first.
   */
  async receive(): Promise<Message[] | undefined> {
    this.#receiving = true;
    notePresent(1);
    try {
      for (;;) {
        if (this.#broken && !this.#discarding) throw this.#broken;
        const paused = !this.#discarding && this.#reader.paused;
        if (this.#more || paused) await takeTurns();
        else if (isCrowd()) await takeTurns(LONGEST_IN_A_CROWD);
        if (this.#begun > 0) this.#deadline.begin();
        const count = paused ? 0 : await this.#conn.read(this.#room);
        if (count === null) return this.#end();
        if (!paused) this.#more = this.#kept + count === this.#buffer.length;
        const messages = this.#discarding ? [] : this.#cut(this.#kept + count);
        const { length } = messages;
        this.#onRead(count, length, this.#discarding || length > 0);
        if (length > 0) return messages;
      }
    } catch (error) {
      if (!isDisconnect(error)) throw error;
      return this.#end();
    } finally {
      this.#deadline[Symbol.dispose]();
      this.#receiving = false;
      notePresent(-1);
    }
  }

  /** Whether {@linkcode receive} waits for something. */
  get receiving(): boolean {
    return this.#receiving;
  }

  /** Bytes of the message that is waited for. */
  get #begun(): number {
    return this.#discarding ? 0 : this.#reader.begun + this.#kept;
  }

  /** Where the next read may put what it finds. */
  get #room(): Uint8Array {
    return this.#kept > 0 ? this.#buffer.subarray(this.#kept) : this.#buffer;
  }

  /** Notes that the peer sends no more. @throws {ProtocolError} If it was not done. */
  #end(): undefined {
    this.#ended = true;
    const begun = this.#begun;
    this.#reader.drop?.();
    if (begun > 0 && !this.#broken) {
      throw new ProtocolError(
        `The connection ended ${begun} bytes into a message`,
      );
    }
  }

  /** Makes messages of the first `end` bytes, and keeps what is left. */
  #cut(end: number): Message[] {
    const messages: Message[] = [];
    try {
      const taken = this.#reader.read(this.#buffer, end, messages);
      this.#keep(taken, end);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#broken = error;
      this.#reader.drop?.();
    }
    return messages;
  }

  /**
   * Moves what was not taken to the front of a buffer that fits the traffic:
   * twice as large when the read filled it, half as large when some reads in a
   * row used a quarter at most.
   */
  #keep(taken: number, end: number): void {
    let size = this.#buffer.length;
    this.#small = end <= size / 4 ? this.#small + 1 : 0;
    if (end === size) size = Math.min(size * 2, this.#maxBuffer);
    else if (this.#small >= SMALL_READS) {
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
