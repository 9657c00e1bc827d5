/**
 * The other end of a connection with the program under test: it sends what it
 * is told to, and remembers what it sent and got.
 *
 * @module
 */

// Deno's own connections cannot be reset.
import net from "node:net";
import type { Buffer } from "node:buffer";
import { concat } from "@std/bytes/concat";
import { pythonRepr } from "../../lib/formats/python_repr.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { ByteWriter } from "../../lib/formats/byte_writer.ts";
import { FORMATS, type Message } from "../../lib/formats/formats.ts";
import { Changes } from "./changes.ts";

const { pickle } = FORMATS;
/** Bytes of a message that a program may send us: more than any sends in earnest. */
const MOST_BYTES = 2 ** 20;
/** Milliseconds that a flood lasts at most, and after which nothing taken means that nothing will be. */
const FLOOD_LONGEST = 5000;
const FLOOD_STALLED = 2000;
/** Requests of a flood at most, and in one write. */
const FLOOD_MOST = 1_000_000;
const FLOOD_WRITE = 1000;
/** Messages that may wait to be looked at: no check asks for as many. */
const MOST_WAITING = 10_000;
/** Milliseconds for which an end may be under way, where the other end closes first. */
const END_UNDER_WAY = 20;
/** Entries of the record that are kept. */
const RECORD = 40;

/** The bytes of messages, one after another. */
export function encode(messages: readonly Message[]): Uint8Array {
  const sink = new ByteWriter();
  for (const message of messages) pickle.write(message, sink);
  return sink.take();
}

/** One end of a connection. */
export class Peer {
  /** What was sent, in words, the last of it. */
  readonly sent: string[] = [];
  /** Messages that came and were not looked at yet. */
  readonly messages: Message[] = [];
  /** Why what came is no message, if so. */
  broken: string | undefined;
  /** Whether the other end sends no more. */
  hasEnd = false;
  /** When something came last, as `performance.now()` gives it. */
  heardAt = 0;
  /** What comes, and the end. */
  readonly changes = new Changes();
  #socket: net.Socket;
  #reader = pickle.reader({ ...DEFAULT_LIMITS, maxRequestBytes: MOST_BYTES });
  #kept: Uint8Array = new Uint8Array();

  /** Takes over a connection. */
  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#take(bytes));
    for (const event of ["end", "error", "close"]) {
      socket.on(event, () => this.#end());
    }
  }

  /** Connects. Resolves to why it cannot, in place of a peer. */
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
    try {
      this.#kept = all.slice(this.#reader.read(all, all.length, this.messages));
    } catch (error) {
      this.broken = (error as Error).message;
    }
    // Who sends without end is not read any more.
    if (this.messages.length > MOST_WAITING) this.#socket.pause();
    this.changes.note();
  }

  #end(): void {
    if (this.hasEnd) return;
    this.hasEnd = true;
    this.changes.note();
  }

  /** Bytes of a message that has begun and is not complete. */
  get unfinished(): number {
    return this.#kept.length + this.#reader.pendingBytes;
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

  /** Sends bytes, in one write. `how` says what they are, if they are worth a word. */
  sendBytes(bytes: Uint8Array, how?: string): void {
    if (how) note(this.sent, how);
    this.#socket.write(bytes);
  }

  /** Sends a message again and again, and reads nothing. Resolves once no more is taken, or enough was. */
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

  /** Writes bytes. Resolves to whether they were taken in time. */
  async #isTaken(bytes: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), FLOOD_STALLED);
    this.#socket.write(bytes, (error) => resolve(!error));
    const taken = await promise;
    clearTimeout(timer);
    return taken;
  }

  /** Says that nothing more will be sent. */
  finish(): void {
    note(this.sent, "the end of its sending half");
    this.#socket.end();
  }

  /**
   * Closes the connection. If the other end has closed first, resets it: else
   * the system would keep the other end's port for a minute (TIME_WAIT), and
   * many a server could not be started there meanwhile.
   */
  async close(): Promise<void> {
    await this.changes.until(() => this.hasEnd, END_UNDER_WAY);
    if (this.hasEnd) return this.reset();
    note(this.sent, "the end of the connection");
    this.#socket.end(() => this.#socket.destroy());
  }

  /** Resets the connection. Whatever the other end was about, its port is free. */
  reset(): void {
    note(this.sent, "a reset of the connection");
    this.#socket.resetAndDestroy();
  }
}

function note(record: string[], what: string): void {
  record.push(what);
  if (record.length > RECORD) record.shift();
}
