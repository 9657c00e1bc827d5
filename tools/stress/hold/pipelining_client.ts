/**
 * A client that always has more to send.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { DEFAULT_LIMITS } from "../../../lib/limits.ts";
import { type Address, isDisconnect } from "../../../lib/net.ts";
import { ByteWriter } from "../../../lib/formats/byte_writer.ts";
import { FORMATS, type Message } from "../../../lib/formats/formats.ts";
import { readAll } from "../../../lib/testing/messages.ts";

const { pickle } = FORMATS;
/** How many request numbers each client has. */
const NUMBERS = 1_000_000;
/** Bytes of one read: about 200 answers, so that catching up takes several reads. */
const READ_SIZE = 1024;

/** Returns the client that a `sid` names, and the number of its request, from 0. */
export function originOf(sid: number): { id: number; n: number } {
  return { id: Math.floor(sid / NUMBERS), n: sid % NUMBERS };
}

/**
 * Keeps `window` requests unanswered until the server ends the connection, and
 * then reads the remaining answers.
 */
export class PipeliningClient {
  /** Its source port, which the server uses as its id. */
  readonly id: number;
  /** How many requests were sent, answered or not. */
  sent = 0;
  /** How many answers were acknowledgements. */
  acknowledged = 0;
  /** How many answers were something else. */
  otherAnswers = 0;
  /** Whether the server's greeting has arrived. */
  greeted = false;
  /** Whether the connection was reset. */
  wasReset = false;
  #conn: Deno.TcpConn;
  #window: number;
  #reader = pickle.reader(DEFAULT_LIMITS);
  #kept = new Uint8Array();

  private constructor(conn: Deno.TcpConn, window: number) {
    this.id = conn.localAddr.port;
    this.#conn = conn;
    this.#window = window;
  }

  /** Connects, without waiting for the greeting. */
  static async connect({ hostname, port }: Address, window: number) {
    const conn = await Deno.connect({ hostname, port });
    return new PipeliningClient(conn, window);
  }

  /** Sends and reads until the server ends the connection. Calls `onRead` after each read. */
  async run(onRead: () => void): Promise<void> {
    try {
      do await this.#fillWindow(); while (await this.#read(onRead));
    } finally {
      this.#conn.close();
    }
  }

  async #fillWindow(): Promise<void> {
    const sink = new ByteWriter();
    for (; this.sent - this.acknowledged < this.#window; this.sent++) {
      pickle.write({
        student_name: "Alice Brown",
        github_username: "abrown",
        sid: this.id * NUMBERS + this.sent,
      }, sink);
    }
    const bytes = sink.take();
    try {
      for (let at = 0; at < bytes.length && !this.wasReset;) {
        at += await this.#conn.write(bytes.subarray(at));
      }
    } catch (error) {
      if (!isDisconnect(error)) throw error;
      this.wasReset = true; // the remaining answers may still be readable
    }
  }

  /** Reads once. Resolves to whether there may be more. */
  async #read(onRead: () => void): Promise<boolean> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      const count = await this.#conn.read(buffer);
      if (count === null) return false;
      this.#take(concat([this.#kept, buffer.subarray(0, count)]));
      onRead();
      return true;
    } catch (error) {
      if (!isDisconnect(error)) throw error;
      this.wasReset = true;
      return false;
    }
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    const messages: Message[] = [];
    this.#kept = bytes.slice(
      readAll(this.#reader, bytes, bytes.length, messages),
    );
    for (const message of messages) {
      if (!this.greeted) this.greeted = true;
      else if (message === 1) this.acknowledged++;
      else this.otherAnswers++;
    }
  }
}
