/**
 * A client over a real socket that can send any bytes.
 *
 * @module
 */

import { DEFAULT_FORMAT } from "../formats/formats.ts";
import type { Message, WireFormat } from "../formats/formats.ts";
import type { Address } from "../net.ts";
import { encode, TestReader, writeAll } from "./messages.ts";
import { soon } from "./soon.ts";

/**
 * The other end of a connection over a real socket, which sends any bytes or messages.
 * What it waits for must come within 20 s: else it throws, and says what is missing.
 *
 * @example A message in two parts
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import { FORMATS, type Message } from "@rollcall/rollcall/formats";
 * import { Peer } from "@rollcall/rollcall/testing";
 *
 * class Echo extends ClientHandler {
 *   protected override processRequest(request: Message): Message {
 *     return request;
 *   }
 * }
 * await using server = new Server({
 *   port: 0,
 *   wire: FORMATS.json,
 *   clientHandler: Echo,
 *   log: () => {},
 *   report: () => {},
 * });
 * void server.run();
 * using peer = await Peer.greeted(server.addr, FORMATS.json);
 * await peer.sendBytes(new TextEncoder().encode("1"));
 * await peer.sendBytes(new TextEncoder().encode("2\n"));
 * if (await peer.receive() !== 12) throw new Error("it is not whole");
 * ```
 */
export class Peer implements Disposable {
  /** The socket. */
  readonly conn: Deno.TcpConn;
  #format: WireFormat;
  #messages: Message[] = [];
  #reader: TestReader;

  /** Takes over a connection. */
  constructor(conn: Deno.TcpConn, format: WireFormat = DEFAULT_FORMAT) {
    this.conn = conn;
    this.#format = format;
    this.#reader = new TestReader(format);
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

  /** Connects, and reads the greeting. */
  static async greeted(
    addr: Address,
    format: WireFormat = DEFAULT_FORMAT,
  ): Promise<Peer> {
    const peer = await Peer.connect(addr, format);
    await peer.receive();
    return peer;
  }

  /** Sends all of the bytes. */
  sendBytes(bytes: Uint8Array): Promise<void> {
    return writeAll(this.conn, bytes);
  }

  /** Sends messages, in one segment if they fit. */
  async send(...messages: Message[]): Promise<void> {
    await this.sendBytes(encode(messages, this.#format));
  }

  /** Resolves to the next message, or to `undefined` once the connection has ended. */
  async receive(): Promise<Message | undefined> {
    while (this.#messages.length === 0) {
      const reading = this.#reader.read(this.conn).catch((error) => {
        if (error instanceof Deno.errors.ConnectionReset) return undefined;
        throw error;
      });
      const messages = await soon(
        reading,
        () => "message or end of the connection",
      );
      if (messages === undefined) return undefined;
      this.#messages = messages;
    }
    return this.#messages.shift();
  }

  /** Resolves to the next `count` messages. */
  async receiveSome(count: number): Promise<(Message | undefined)[]> {
    const messages = [];
    while (messages.length < count) messages.push(await this.receive());
    return messages;
  }

  /** Resolves to all messages until the connection ends. */
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
