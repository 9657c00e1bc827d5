/**
 * The client: it connects, sends requests, and receives their responses.
 *
 * @module
 */

import { ClientHelper } from "./clienthelper.ts";
import type { StopSignals } from "./lib/cli/signals.ts";
import { CLIENT_LIMITS } from "./lib/limits.ts";
import { type Address, addressOf, type Network } from "./lib/net.ts";
import { MessageConnection } from "./lib/connection/connection.ts";
import { ConnectionEnded, DEFAULT_FORMAT } from "./lib/formats/formats.ts";
import type { Message, WireFormat } from "./lib/formats/formats.ts";

/** Options of a {@linkcode Client}. */
export interface ClientOptions {
  /** The server's address. @default {"127.0.0.1"} */
  host?: string;
  /** The server's port. @default {12000} */
  port?: number;
  /** The format of the messages. @default {pickle} */
  wire?: WireFormat;
  /** How long to wait for a silent server, in seconds; 0 means forever. @default {0} */
  answerTimeout?: number;
  /** The network to connect through. @default {Deno} */
  network?: Network;
}

/**
 * A client that pipelines: any number of requests can be in flight. Responses
 * come in the order of the requests.
 *
 * @example
 * ```ts
 * import { Client } from "./client.ts";
 * import { Server } from "./server.ts";
 *
 * await using server = new Server({ port: 0 });
 * void server.run();
 * const client = new Client({ port: server.addr.port, answerTimeout: 10 });
 * await client.connect();
 * const request = { student_name: "Alice Brown", github_username: "abrown", sid: 1 };
 * const both = await Promise.all([client.request(request), client.request(request)]);
 * if (both.join() !== "1,1") throw new Error("not acknowledged");
 * await client.close();
 * ```
 */
export class Client {
  /** The server's address. */
  readonly address: Readonly<Address>;
  #format: WireFormat;
  #answerTimeout: number;
  #network: Network;
  #connection: MessageConnection | undefined;
  /** The callers that wait for a message, first come, first served. */
  #waiting: Omit<PromiseWithResolvers<Message | undefined>, "promise">[] = [];
  /** Messages that arrived before a caller waited for them. */
  #unclaimed: Message[] = [];
  #receiving = false;
  #why = "The connection ended";

  /** Creates a client. {@linkcode connect} connects it. */
  constructor(options: ClientOptions = {}) {
    this.address = addressOf(options);
    this.#format = options.wire ?? DEFAULT_FORMAT;
    this.#answerTimeout = options.answerTimeout ?? 0;
    this.#network = options.network ?? Deno;
  }

  /**
   * Connects. Resolves to the greeting: `clientid`, or `error` if the server is full.
   *
   * @throws {Deno.errors.ConnectionRefused} If no server listens on the address.
   * @throws {ConnectionEnded} If the connection ends before the greeting.
   */
  async connect({ signal }: { signal?: AbortSignal } = {}): Promise<Message> {
    const conn = await this.#network.connect({ ...this.address, signal });
    this.#connection = new MessageConnection(conn, this.#format, CLIENT_LIMITS);
    const seconds = this.#answerTimeout;
    if (seconds > 0) {
      this.#connection.idle.arm(seconds * 1000, () => {
        this.#why = `The server said nothing for ${seconds} s`;
        this.close();
      });
    }
    return this.#unlessEnded(await this.receive());
  }

  /**
   * Sends a request without waiting for earlier responses. Resolves to the
   * response to this request, even if it is an `error`.
   *
   * @throws {ConnectionEnded} If the connection ends before the response.
   * @throws {ProtocolError} If the server sends a malformed message.
   * @throws {TypeError} If the format cannot express the request.
   */
  async request(message: Message): Promise<Message> {
    this.#connected().queue([message]);
    return this.#unlessEnded(await this.receive());
  }

  /**
   * Sends a message that is not a request. Resolves when more may be sent.
   *
   * @throws {ConnectionEnded} If the connection has ended.
   */
  async send(message: Message): Promise<void> {
    await this.#connected().send([message]);
  }

  /** Resolves to the next message that no request waits for; `undefined` at the end of the connection. */
  receive(): Promise<Message | undefined> {
    return new Promise((resolve, reject) => {
      const message = this.#unclaimed.shift();
      if (message !== undefined) return resolve(message);
      const connection = this.#connected();
      this.#waiting.push({ resolve, reject });
      if (!this.#receiving) void this.#receiveAll(connection);
    });
  }

  /** Writes what is queued, then ends the connection. Requests in flight are rejected. */
  async close(): Promise<void> {
    await this.#connection?.shutdown();
  }

  #unlessEnded(message: Message | undefined): Message {
    if (message === undefined) throw new ConnectionEnded(this.#why);
    return message;
  }

  /** Receives only while a caller waits. Otherwise back-pressure stops the server. */
  async #receiveAll(connection: MessageConnection): Promise<void> {
    this.#receiving = true;
    try {
      while (this.#waiting.length > 0) {
        const messages = await connection.receive();
        const turns = this.#waiting.splice(0, messages?.length ?? Infinity);
        turns.forEach((turn, i) => turn.resolve(messages?.[i]));
        if (messages === undefined) void connection.shutdown();
        else this.#unclaimed.push(...messages.slice(turns.length));
      }
    } catch (error) {
      for (const turn of this.#waiting.splice(0)) turn.reject(error);
    } finally {
      this.#receiving = false;
    }
  }

  #connected(): MessageConnection {
    if (!this.#connection) {
      throw new ConnectionEnded("The client is not connected");
    }
    return this.#connection;
  }
}

/** Runs the command line of the client. Resolves to its exit code. */
export async function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  // Loaded here, so that `import { Client }` does not load the command line.
  const { runClient } = await import("./lib/cli/client_command.ts");
  return await runClient(args, stop, (options) => {
    const client = new Client(options);
    return { client, helper: new ClientHelper(client, options) };
  });
}

if (import.meta.main) {
  const { exitWith } = await import("./lib/cli/program.ts");
  await exitWith(main);
}
