// A server and clients on a simulated network, for tests about long times.

import { Server, type ServerOptions } from "../../server.ts";
import type { Message } from "../../lib/formats/formats.ts";
import { SimulatedClock } from "../../lib/testing/clock.ts";
import type { SimulatedConnection } from "../../lib/testing/connection.ts";
import { encode, TestReader, writeAll } from "../../lib/testing/messages.ts";
import { SimulatedNetwork } from "../../lib/testing/network.ts";
import { Random } from "../../lib/testing/random.ts";

/** More than any message of a test takes to arrive, in milliseconds. */
const MOMENT = 50;

/** A client, which keeps the messages that it gets. */
export class SimulatedPeer {
  readonly messages: Message[] = [];
  /** Whether the server has ended the connection. */
  hasEnded = false;
  readonly conn: SimulatedConnection;

  /** Reads from a connection from now on. */
  constructor(conn: SimulatedConnection) {
    this.conn = conn;
    void this.#read();
  }

  /** Sends bytes, without waiting. */
  sendBytes(bytes: Uint8Array): void {
    writeAll(this.conn, bytes).catch(() => {}); // the server has closed
  }

  /** Sends a message, without waiting. */
  send(message: Message): void {
    this.sendBytes(encode([message]));
  }

  async #read(): Promise<void> {
    const reader = new TestReader();
    let messages: Message[] | undefined = [];
    while (messages) {
      this.messages.push(...messages);
      messages = await reader.read(this.conn).catch(() => undefined);
    }
    this.hasEnded = true;
  }
}

/** A server that listens, and a clock that moves when the test says so. */
export class SimulatedServer implements AsyncDisposable {
  readonly clock: SimulatedClock = new SimulatedClock(new Random(1));
  readonly server: Server;
  readonly reports: string[] = [];
  #network = new SimulatedNetwork(this.clock, new Random(1));

  constructor(options: ServerOptions = {}) {
    this.server = new Server({
      network: this.#network,
      log: () => {},
      report: (line) => this.reports.push(line),
      quiet: true,
      ...options,
    });
    void this.server.run();
  }

  /** Lets so many milliseconds pass. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now + ms;
    this.clock.schedule(ms, () => {});
    while (this.clock.now < end && await this.clock.step());
  }

  /** Connects a client, and waits for its greeting. */
  async connect(): Promise<SimulatedPeer> {
    const connecting = this.#network.connect(this.server.addr);
    await this.pass(MOMENT);
    const peer = new SimulatedPeer(await connecting);
    await this.pass(MOMENT);
    return peer;
  }

  /** Sends a message, and waits until an answer can have come. */
  async ask(peer: SimulatedPeer, message: Message): Promise<void> {
    peer.send(message);
    await this.pass(MOMENT);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    while (await this.clock.step()); // to leave nothing behind
    this.clock[Symbol.dispose]();
  }
}
