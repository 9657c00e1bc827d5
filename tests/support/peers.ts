// What the tests talk to: a server in this process, and clients that send what
// they like.

import { delay } from "@std/async/delay";
import { concat } from "../../lib/bytes.ts";
import type { Address } from "../../lib/net.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { ByteSink } from "../../lib/wire/byte_sink.ts";
import { FORMATS } from "../../lib/wire/formats.ts";
import type {
  Message,
  MessageMap,
  WireFormat,
} from "../../lib/wire/formats.ts";
import { ClientHandler } from "../../clienthandler.ts";
import { Server, type ServerOptions } from "../../server.ts";
import { LATE, soon } from "./soon.ts";

export const { pickle, json } = FORMATS;
export const ALICE = {
  student_name: "Alice Brown",
  github_username: "abrown",
  sid: 123456789,
};
export const BOB = {
  student_name: "Bob Chen",
  github_username: "bchen",
  sid: 987654321,
};
export const ALICES_LINE =
  "Connected: Student: Alice Brown, Github Username: abrown, sid: 123456789";

/** Answers each request with the request, and counts them. */
export class EchoHandler extends ClientHandler {
  static requests = 0;

  protected override processRequest(request: Message): Message {
    EchoHandler.requests++;
    return request;
  }
}

/** The bytes of messages, one after another. */
export function encode(
  messages: readonly Message[],
  format: WireFormat = pickle,
): Uint8Array<ArrayBuffer> {
  const sink = new ByteSink();
  for (const message of messages) format.write(message, sink);
  return sink.take();
}

/** A map as a plain object, as `assertEquals` compares them. */
export function fields(message: Message | undefined): Record<string, Message> {
  return { ...message as MessageMap };
}

/** Waits until a number has not changed for a tenth of a second. */
export async function stalled(count: () => number): Promise<void> {
  const end = Date.now() + LATE;
  for (let before = -1; before !== count();) {
    if (Date.now() > end) throw new Error(`Still changing: ${count}`);
    before = count();
    await delay(100);
  }
}

/** A server on a free port, with what it says. */
export class TestServer implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly reports: string[] = [];
  readonly server: Server;
  readonly running: Promise<void>;

  constructor(options: ServerOptions = {}) {
    this.server = new Server({
      port: 0,
      log: (lines) => this.lines.push(...lines),
      report: (line) => this.reports.push(line),
      ...options,
    });
    this.running = this.server.run();
  }

  get addr(): Address {
    return this.server.addr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = this.server.shutdown().then(() => this.running);
    await soon(end, () => "end of the server");
  }
}

/** The other end of a connection, which sends what it is told to. */
export class Peer implements Disposable {
  readonly conn: Deno.TcpConn;
  #format: WireFormat;
  #messages: Message[] = [];
  #kept = new Uint8Array();
  #read: (bytes: Uint8Array) => number;

  constructor(conn: Deno.TcpConn, format: WireFormat = pickle) {
    this.conn = conn;
    this.#format = format;
    const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 2 ** 24 };
    const reader = format.reader(limits);
    this.#read = (bytes) => reader.read(bytes, bytes.length, this.#messages);
  }

  /** Connects without waiting for a greeting. */
  static async connect(
    { hostname, port }: Address,
    format: WireFormat = pickle,
  ): Promise<Peer> {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay();
    return new Peer(conn, format);
  }

  /** Connects, and takes the greeting. */
  static async greeted(addr: Address, format: WireFormat = pickle) {
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
      const bytes = concat([this.#kept, buffer.subarray(0, count)]);
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

  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // The test closed it.
    }
  }
}
