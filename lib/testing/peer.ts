/**
 * A client over a real socket that sends whatever bytes it is given.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { ByteWriter } from "../formats/byte_writer.ts";
import { DEFAULT_FORMAT } from "../formats/formats.ts";
import type { Message, WireFormat } from "../formats/formats.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Address } from "../net.ts";
import { soon } from "./soon.ts";

/** The bytes of messages, one after another. */
export function encode(
  messages: readonly Message[],
  format: WireFormat = DEFAULT_FORMAT,
): Uint8Array<ArrayBuffer> {
  const sink = new ByteWriter();
  for (const message of messages) format.write(message, sink);
  return sink.take();
}

/** The other end of a connection, which sends what it is told to. */
export class Peer implements Disposable {
  /** The socket. */
  readonly conn: Deno.TcpConn;
  #format: WireFormat;
  #messages: Message[] = [];
  #kept = new Uint8Array();
  #read: (bytes: Uint8Array) => number;

  /** Takes over a connection. */
  constructor(conn: Deno.TcpConn, format: WireFormat = DEFAULT_FORMAT) {
    this.conn = conn;
    this.#format = format;
    const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 2 ** 24 };
    const reader = format.reader(limits);
    this.#read = (bytes) => reader.read(bytes, bytes.length, this.#messages);
  }

  /** Connects without waiting for a greeting. */
  static async connect(
    { hostname, port }: Address,
    format: WireFormat = DEFAULT_FORMAT,
  ): Promise<Peer> {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay();
    return new Peer(conn, format);
  }

  /** Connects, and takes the greeting. */
  static async greeted(
    addr: Address,
    format: WireFormat = DEFAULT_FORMAT,
  ): Promise<Peer> {
    const peer = await Peer.connect(addr, format);
    await peer.receive();
    return peer;
  }

  /** Sends bytes, all of them. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.conn.write(bytes.subarray(at));
    }
  }

  /** Sends messages in one segment, where they fit. */
  async send(...messages: Message[]): Promise<void> {
    await this.sendBytes(encode(messages, this.#format));
  }

  /** The next message; `undefined` once no more come. */
  async receive(): Promise<Message | undefined> {
    while (this.#messages.length === 0) {
      const buffer = new Uint8Array(65_536);
      const reading = this.conn.read(buffer).catch((error) => {
        if (error instanceof Deno.errors.ConnectionReset) return null;
        throw error;
      });
      const count = await soon(reading, () => "message, and no end");
      if (count === null) return undefined;
      const bytes = new Uint8Array(
        Buffer.concat([this.#kept, buffer.subarray(0, count)]),
      );
      this.#kept = bytes.slice(this.#read(bytes));
    }
    return this.#messages.shift();
  }

  /** The next so many messages. */
  async receiveSome(count: number): Promise<(Message | undefined)[]> {
    const messages = [];
    while (messages.length < count) messages.push(await this.receive());
    return messages;
  }

  /** All messages until no more come. */
  async receiveAll(): Promise<Message[]> {
    const messages: Message[] = [];
    for (let message; (message = await this.receive()) !== undefined;) {
      messages.push(message);
    }
    return messages;
  }

  /** Closes the socket, unless it is closed. */
  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // The test closed it.
    }
  }
}
