/**
 * The grader's end of a connection with the program under test. It records what
 * it sends and receives.
 *
 * @module
 */

// Deno's own connections cannot send a reset.
import net from "node:net";
import type { Buffer } from "node:buffer";
import { concat } from "@std/bytes/concat";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { ByteWriter } from "../../lib/formats/byte_writer.ts";
import {
  FORMATS,
  type Message,
  type MessageMap,
} from "../../lib/formats/formats.ts";
import { Changes } from "./changes.ts";
import { readAll } from "../../lib/testing/messages.ts";
import { untilRead } from "./unread.ts";

const { pickle } = FORMATS;
/** Bytes of a message from the program, at most: more than a correct program ever sends. */
const MOST_BYTES = 2 ** 20;
/** Milliseconds that a flood lasts at most, and after which a blocked write counts as stalled. */
const FLOOD_LONGEST = 5000;
const FLOOD_STALLED = 2000;
/** Requests in a flood, at most, and in each of its writes. */
const FLOOD_MOST = 1_000_000;
const FLOOD_WRITE = 1000;
/** Received messages that are held, at most: no check expects as many. */
const MOST_WAITING = 10_000;
/** Milliseconds to wait for a FIN of the program that may be in transit. */
const END_UNDER_WAY = 20;
/** Milliseconds for which the program may leave what was sent unread, before more is sent. */
const UNREAD_LONGEST = 5000;
/** How many entries of the record are kept. */
const RECORD = 40;

/** Returns the bytes of messages, one after another. */
export function encode(messages: readonly Message[]): Uint8Array {
  const sink = new ByteWriter();
  for (const message of messages) pickle.write(message, sink);
  return sink.take();
}

/** The grader's end of a connection. */
export class Peer {
  /** The last things it sent, in words. */
  readonly sent: string[] = [];
  /** The requests that it sent, in order. */
  readonly asked: MessageMap[] = [];
  /** How many characters the program had printed before the last request. */
  printedBefore = 0;
  /** How many messages it has received. */
  received = 0;
  /** Received messages that no step has checked yet. */
  readonly messages: Message[] = [];
  /** Why the received bytes are not a message, if they are not. */
  broken: string | undefined;
  /** Whether the program has ended its side of the connection. */
  hasEnd = false;
  /** When data last arrived, and when data was last sent, as `performance.now()` values. */
  heardAt = 0;
  sentAt = 0;
  /** Notified of received data, and of the end. */
  readonly changes = new Changes();
  #socket: net.Socket;
  /** Settles once what was sent has reached the program. Not set if the program is known to have read everything. */
  #written: Promise<void> | undefined;
  #leavesUnread = false;
  /** How many messages it had received when it last sent something. */
  #receivedBefore = 0;
  #reader = pickle.reader({ ...DEFAULT_LIMITS, maxRequestBytes: MOST_BYTES });
  #kept: Uint8Array = new Uint8Array();

  /** Takes over an open socket. */
  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#take(bytes));
    for (const event of ["end", "error", "close"]) {
      socket.on(event, () => this.#end());
    }
  }

  /** Connects. Resolves to a peer, or to the reason why it cannot connect. */
  static async connect(
    port: number,
    host: string,
    ms: number,
  ): Promise<Peer | string> {
    const socket = net.connect({ port, host, allowHalfOpen: true });
    const { promise, resolve } = Promise.withResolvers<Peer | string>();
    socket.once("connect", () => resolve(new Peer(socket)));
    socket.once(
      "error",
      (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message),
    );
    const timer = setTimeout(() => {
      socket.destroy();
      resolve("no answer");
    }, ms);
    const result = await promise;
    clearTimeout(timer);
    return result;
  }

  /** The port of this end. */
  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  #take(bytes: Buffer): void {
    this.heardAt = performance.now();
    if (this.broken) return;
    const all = concat([this.#kept, bytes]);
    const before = this.messages.length;
    try {
      this.#kept = all.slice(
        readAll(this.#reader, all, all.length, this.messages),
      );
    } catch (error) {
      this.broken = (error as Error).message;
    }
    this.received += this.messages.length - before;
    // Stop reading from a program that never stops sending.
    if (this.messages.length > MOST_WAITING) this.#socket.pause();
    this.changes.note();
  }

  #end(): void {
    if (this.hasEnd) return;
    this.hasEnd = true;
    this.changes.note();
  }

  /** Bytes received of an incomplete message. */
  get unfinished(): number {
    return this.#kept.length + (this.#reader.pendingBytes ?? 0);
  }

  /** Sends messages in one write. */
  send(messages: readonly Message[]): void {
    const [first] = messages;
    const how = messages.length > 1
      ? `${messages.length} messages in one write, the first ${
        pythonRepr(first)
      }`
      : pythonRepr(first);
    this.sendBytes(encode(messages), how);
  }

  /** Sends bytes in one write. `how` describes them in the record. */
  sendBytes(bytes: Uint8Array, how?: string): void {
    if (how) note(this.sent, how);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.sentAt = performance.now();
    this.#receivedBefore = this.received;
    this.#written = promise;
    this.#socket.write(bytes, () => resolve());
  }

  /**
   * Waits until the program has read what was sent before: what is sent next
   * arrives on its own. A program that leaves its data unread is waited for once.
   */
  async untilRead(
    isRunning: (() => boolean) | undefined,
    isExact: boolean,
  ): Promise<void> {
    if (!this.#written) return;
    await this.#written;
    const { remotePort: theirs, localPort: ours } = this.#socket;
    if (this.hasEnd || this.#leavesUnread || !theirs || !ours) return;
    const ends = { theirs, ours };
    const isRead = await untilRead(ends, isRunning, UNREAD_LONGEST, isExact);
    if (!isRead) this.#leavesUnread = true;
    else if (isExact) this.#written = undefined;
  }

  /** Notes that the program has read what was sent last, if exactly `count` answers have come since, and were expected. */
  noteAnswered(count: number): void {
    const answers = this.received - this.#receivedBefore;
    const isAnswered = answers === count && this.messages.length === 0;
    if (isAnswered) this.#written = undefined;
  }

  /** Sends a message again and again, and reads nothing. Resolves once a write stalls, or the limit is reached. */
  async flood(message: Message): Promise<void> {
    const bytes = encode(Array.from({ length: FLOOD_WRITE }, () => message));
    this.#socket.pause();
    const begin = performance.now();
    let sent = 0;
    while (
      sent < FLOOD_MOST && performance.now() - begin < FLOOD_LONGEST &&
      await this.#isTaken(bytes)
    ) sent += FLOOD_WRITE;
    note(this.sent, `${sent} times ${pythonRepr(message)}, and read nothing`);
  }

  /** Writes bytes. Resolves to whether the socket accepted them in time. */
  async #isTaken(bytes: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), FLOOD_STALLED);
    this.#socket.write(bytes, (error) => resolve(!error));
    const taken = await promise;
    clearTimeout(timer);
    return taken;
  }

  /** Closes the sending half. */
  finish(): void {
    note(this.sent, "the end of its sending half");
    this.#socket.end();
  }

  /**
   * Closes the connection, or resets it if the program closed first: otherwise
   * the system would keep the program's port for a minute (TIME_WAIT), and
   * a server without SO_REUSEADDR could not start there meanwhile.
   */
  async close(): Promise<void> {
    await this.changes.until(() => this.hasEnd, END_UNDER_WAY);
    if (this.hasEnd) return this.reset();
    note(this.sent, "the end of the connection");
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Resets the connection. The program's port is free at once, in any state of the connection. */
  reset(): void {
    note(this.sent, "a reset of the connection");
    this.#socket.resetAndDestroy();
  }
}

function note(record: string[], what: string): void {
  record.push(what);
  if (record.length > RECORD) record.shift();
}
