/**
 * The client: it connects, sends requests, and receives their responses.
 *
 * @module
 */

import { ClientHelper, STUDENT } from "./clienthelper.ts";
import type { StopSignals } from "./lib/cli/signals.ts";
import { CLIENT_LIMITS, secondsOf } from "./lib/limits.ts";
import type { Address, Connection, Network } from "./lib/net.ts";
import { addressOf, closeOnce } from "./lib/net.ts";
import { MessageConnection } from "./lib/connection/connection.ts";
import { clientNetwork } from "./lib/connection/network.ts";
import type { ClientNetwork } from "./lib/connection/network_options.ts";
import { Receiver } from "./lib/connection/receiver.ts";
import { ConnectionEnded, DEFAULT_FORMAT } from "./lib/formats/formats.ts";
import type { Message, WireFormat } from "./lib/formats/formats.ts";

export type * from "./lib/connection/network_options.ts";
export type { StopSignals };

/** Options of a {@linkcode Client}. */
export interface ClientOptions<In = Message, Out = In> extends ClientNetwork {
  /** The server's port. By default 12000. */
  port?: number;
  /** The format of the messages. By default pickle, the lab's. */
  wire?: WireFormat<In, Out>;
  /** How long to wait for a silent server, in seconds; 0, the default, means forever. */
  answerTimeout?: number;
  /** Whether a message answers no request: {@linkcode Client.receive} gets it. By default, none does. */
  isPush?: (message: In) => boolean;
}

/** The states of a client, in their order. A failed {@linkcode Client.connect} goes back to the first. */
enum ClientState {
  /** It may connect. */
  New,
  /** It waits for the connection, or for the greeting. */
  Connecting,
  /** It may send and receive, until the connection ends. */
  Open,
  /** It was closed, and cannot be used any more. */
  Closed,
}

/**
 * A client that pipelines: any number of requests can be in flight. Responses
 * come in the order of the requests. It receives `In`, and sends `Out`.
 *
 * @example
 * ```ts
 * import { Client } from "@rollcall/rollcall/client";
 * import { Server } from "@rollcall/rollcall";
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
export class Client<In = Message, Out = In> {
  /** The server's address. */
  readonly address: Readonly<Address>;
  #format: WireFormat<In, Out>;
  #answerTimeout: number;
  #network: Network;
  #isPush: (message: In) => boolean;
  #state = ClientState.New;
  #receiver: Receiver<In, Out> | undefined;
  /** Ends a {@linkcode connect} that waits when the client is closed. */
  #closing = new AbortController();
  #why = "The connection ended";

  /**
   * Creates a client. {@linkcode connect} connects it.
   *
   * @throws {RangeError} If `answerTimeout` is not a time that a timer can wait.
   * @throws {TypeError} If it is to speak TLS, and Deno is older than 2.9.
   */
  constructor(options: ClientOptions<In, Out> = {}) {
    this.address = addressOf(options);
    const lab: unknown = DEFAULT_FORMAT; // its messages are `Message`
    this.#format = options.wire ?? lab as WireFormat<In, Out>;
    this.#answerTimeout = secondsOf("answerTimeout", options.answerTimeout);
    this.#network = clientNetwork(options);
    this.#isPush = options.isPush ?? (() => false);
  }

  /**
   * Connects. Resolves to the greeting: `clientid`, or `error` if the server is
   * full. If the format has no greeting, it resolves to `undefined`, at once.
   * After a failure, it may be called again. If `signal` aborts first, its reason is
   * thrown.
   *
   * @throws {Error} If the client connects, has connected, or was closed.
   * @throws {Deno.errors.ConnectionRefused} If no server listens on the address.
   * @throws {ConnectionEnded} If the connection ends before the greeting.
   * @throws {TlsError} If TLS fails: the message says why.
   */
  async connect(
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<In | undefined> {
    if (this.#state !== ClientState.New) {
      throw new Error("A client connects only once: create a new one");
    }
    this.#state = ClientState.Connecting;
    const ended = this.#closing.signal;
    const either = signal ? AbortSignal.any([signal, ended]) : ended;
    let conn: Connection | undefined;
    try {
      conn = await this.#network.connect({ ...this.address, signal: either });
      return await this.#greeted(conn, either);
    } catch (error) {
      this.#receiver?.connection.close();
      this.#receiver = undefined;
      if (conn) closeOnce(conn);
      if (!this.#isClosed) this.#state = ClientState.New;
      throw either.aborted ? either.reason : error;
    }
  }

  async #greeted(
    conn: Connection,
    signal: AbortSignal,
  ): Promise<In | undefined> {
    const connection = new MessageConnection(conn, this.#format, CLIENT_LIMITS);
    this.#receiver = new Receiver(connection, this.#isPush);
    const seconds = this.#answerTimeout;
    connection.shutdownWhenIdle(seconds, () => {
      this.#why = `The server said nothing for ${seconds} s`;
    });
    const close = () => connection.close();
    signal.addEventListener("abort", close);
    try {
      signal.throwIfAborted();
      const greeting = this.#format.greeting &&
        this.#unlessEnded(await this.#receiver.next());
      signal.throwIfAborted(); // by `close`, at the same time
      this.#state = ClientState.Open;
      return greeting;
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  get #isClosed(): boolean {
    return this.#state === ClientState.Closed;
  }

  /**
   * Sends a request without waiting for earlier responses. Resolves to the
   * response to this request, even if it is an `error`. If `signal` aborts first,
   * the response is dropped, and the reason of the signal is thrown.
   *
   * @throws {ConnectionEnded} If the connection ends before the response.
   * @throws {ProtocolError} If the server sends a malformed message.
   * @throws {TypeError} If the format cannot express the request.
   */
  async request(
    message: Out,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<In> {
    signal?.throwIfAborted();
    const receiver = this.#open();
    receiver.connection.queue([message]);
    const response = receiver.response();
    const answer = this.#unlessEnded(
      await (signal ? abortable(response, signal) : response),
    );
    // Or a server that answers, but reads no requests, would fill the memory.
    if (receiver.connection.isFull) {
      await receiver.connection.send([]).catch(() => {}); // the answer is there
    }
    return answer;
  }

  /**
   * Sends a message that is not a request. Resolves when more may be sent.
   *
   * @throws {ConnectionEnded} If the connection has ended.
   * @throws {TypeError} If the format cannot express the message.
   */
  async send(message: Out): Promise<void> {
    await this.#open().connection.send([message]);
  }

  /**
   * Resolves to the next message that answers no request; `undefined` at the end of
   * the connection.
   *
   * @throws {ProtocolError} If the server sends a malformed message.
   * @throws {ConnectionEnded} If the client has not connected.
   */
  async receive(): Promise<In | undefined> {
    return await (this.#isClosed ? this.#receiver : this.#open())?.next();
  }

  /** Iterates over the messages that answer no request, until the connection ends. */
  async *[Symbol.asyncIterator](): AsyncGenerator<In, void> {
    let message: In | undefined;
    while ((message = await this.receive()) !== undefined) yield message;
  }

  /**
   * Writes what is queued, then ends the connection. Requests in flight are
   * rejected. After `grace` seconds, the connection is closed at once; by default
   * only when the server has accepted nothing for 5 s.
   */
  async close({ grace }: { grace?: number } = {}): Promise<void> {
    this.#state = ClientState.Closed;
    this.#closing.abort(new ConnectionEnded("The client was closed"));
    const connection = this.#receiver?.connection;
    const timer = grace === undefined
      ? undefined
      : setTimeout(() => connection?.close(), grace * 1000);
    await connection?.shutdown();
    clearTimeout(timer);
  }

  /** Closes the client at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #unlessEnded(message: In | undefined): In {
    if (message === undefined) throw new ConnectionEnded(this.#why);
    return message;
  }

  #open(): Receiver<In, Out> {
    if (this.#state === ClientState.Open && this.#receiver) {
      return this.#receiver;
    }
    throw new ConnectionEnded("The client is not connected");
  }
}

/** Resolves as `promise` does, unless `signal` aborts first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    promise.then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

/**
 * Runs the command line of the client. Resolves to its exit code.
 *
 * @example
 * ```ts
 * import { main } from "@rollcall/rollcall/client";
 *
 * const never = new AbortController().signal;
 * const code = await main(["--version"], { stop: never, stopNow: never });
 * if (code !== 0) throw new Error("it failed");
 * ```
 */
export async function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  // Loaded here, so that `import { Client }` does not load the command line.
  const { runClient } = await import("./lib/cli/client_command.ts");
  return await runClient(args, stop, (options) => {
    const client = new Client(options);
    const helper = new ClientHelper(client, options);
    return { client, helper, student: STUDENT };
  });
}

if (import.meta.main) {
  const { exitWith } = await import("./lib/cli/program.ts");
  await exitWith(main);
}
