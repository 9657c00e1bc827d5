/**
 * The handler of one client: it receives, processes and answers requests.
 *
 * @module
 */

import { MessageConnection } from "./lib/connection/connection.ts";
import { TimeSlice, yieldIfDue } from "./lib/connection/fairness.ts";
import type { HandlerServer } from "./lib/connection/handler_server.ts";
import type { IdleTimer } from "./lib/connection/timers.ts";
import { Refusal, Refusals } from "./lib/connection/refusals.ts";
import { State } from "./lib/connection/state.ts";
import { ConnectionEnded, type Message } from "./lib/formats/formats.ts";
import type { Lock } from "./lib/lock.ts";
import { type Address, type Connection, showAddress } from "./lib/net.ts";
import { sharedRoster } from "./lib/students/memory.ts";
import type { Recorded, Roster } from "./lib/students/roster.ts";
import {
  ACKNOWLEDGED,
  connectedLine,
  type Student,
  toStudent,
} from "./lib/students/student.ts";
import { counted, escape } from "./lib/text.ts";

/** A handler class that {@linkcode Server} can create handlers from. */
export type ClientHandlerClass = new (
  server: HandlerServer,
  conn: Connection,
  addr: Address,
) => ClientHandler;

/**
 * Serves one client: greets it, then answers each of its requests in order.
 *
 * An application extends this class and overrides
 * {@linkcode ClientHandler.processRequest}. All handlers share one thread: a
 * handler that computes for a second delays every client by a second.
 *
 * @example An echo server
 * ```ts
 * import { ClientHandler } from "./clienthandler.ts";
 * import type { Message } from "./lib/formats/formats.ts";
 * import { Server } from "./server.ts";
 *
 * class EchoHandler extends ClientHandler {
 *   protected override processRequest(request: Message): Message {
 *     return request;
 *   }
 * }
 * await using server = new Server({ port: 0, clientHandler: EchoHandler });
 * void server.run();
 * ```
 */
export abstract class ClientHandler {
  /** The client's id: its source port, as in the lab, or a number above all ports if that id is in use. */
  readonly clientId: number;
  /** The client's IP address. The lab calls it `server_ip`. */
  readonly clientIp: string;
  /** The server that created this handler. */
  readonly server: HandlerServer;
  /** The connection to the client. The lab calls it `handler`. */
  readonly conn: Connection;
  #addr: Address;
  #messages: MessageConnection;
  #requests = 0;
  #refusals: Refusals;

  /** Creates the handler of one connection. {@linkcode run} starts it. */
  constructor(server: HandlerServer, conn: Connection, addr: Address) {
    this.server = server;
    this.conn = conn;
    this.clientId = server.freeClientId(addr.port);
    this.clientIp = addr.hostname;
    this.#addr = addr;
    this.#refusals = new Refusals(server, (why) => this.#report(why));
    this.#messages = new MessageConnection(conn, server.wire, server.limits, {
      onLimit: (error) => this.reject(error),
      onEvent: server.onEvent?.bind(server, this.clientId),
    });
  }

  /** The server's lock, which all handlers share. A lock per handler would protect nothing. */
  get writeLock(): Lock {
    return this.server.writeLock;
  }

  /** Serves the client until one side ends the connection. Never rejects. */
  async run(): Promise<void> {
    const { idleTimeout } = this.server.limits;
    if (idleTimeout > 0) {
      this.#messages.idle.arm(idleTimeout * 1000, () => {
        this.server.limitHits.idleTimeout++;
        this.#report(`closed: silent for ${idleTimeout} s (idleTimeout)`);
        this.#messages.shutdown();
      });
    }
    try {
      await this.sendId();
      await this.processRequests();
    } catch (error) {
      await this.reject(error);
    }
    await this.#messages.shutdown();
    if (this.server.quiet || this.#refusals.isFinal) return;
    if (this.#requests > 0) {
      this.#report(`left after ${counted(this.#requests, "request")}`);
    }
  }

  /** Sends the client its id. The server speaks first. */
  protected sendId(): Promise<void> {
    return this.#messages.greet({ clientid: this.clientId });
  }

  /**
   * The request loop: receives a batch of requests, processes it, and answers in
   * one write. It stops reading while the client does not read its answers.
   */
  protected async processRequests(): Promise<void> {
    while (this.isReading) {
      const requests = await this.receive();
      if (requests === undefined) return; // the client sends no more
      this.#requests += requests.length;
      await this.send(await this.processBatch(requests));
    }
  }

  /**
   * Processes a batch: the requests that one read completed. Resolves to their
   * responses in the same order. The response to an invalid request is an error.
   */
  protected async processBatch(
    requests: readonly Message[],
  ): Promise<Message[]> {
    const results = await this.processEach(
      requests,
      (request) => this.processRequest(request),
    );
    return results.map((it) => it instanceof Refusal ? it.response : it);
  }

  /**
   * Calls `process` for each request in turn and resolves to the results. If
   * `process` throws, the result is a {@linkcode Refusal}. After a refusal that
   * ends the connection, the remaining requests are not processed.
   */
  protected async processEach<T>(
    requests: readonly Message[],
    process: (request: Message) => T | Promise<T>,
  ): Promise<(T | Refusal)[]> {
    const results: (T | Refusal)[] = [];
    const slice = new TimeSlice();
    for (const request of requests) {
      if (slice.isOver()) await yieldIfDue();
      if (this.#messages.state === State.Closed) break; // no answer can be sent
      try {
        const result = process(request);
        // Only promises are awaited: a needless `await` per request is slow.
        results.push(result instanceof Promise ? await result : result);
        this.#refusals.endRow();
      } catch (error) {
        results.push(this.#refusals.refuse(error));
        if (this.#refusals.isFinal) {
          this.stopReading();
          break;
        }
      }
    }
    return results;
  }

  /**
   * Processes one request. Returns its response or a promise for it. The next
   * request waits until that promise resolves.
   *
   * @throws {RequestError} If the request is invalid. The client receives the reason.
   * @throws {ProtocolError} If the connection cannot continue. The client receives the reason, then the connection closes.
   */
  protected abstract processRequest(
    request: Message,
  ): Message | Promise<Message>;

  /** Sends messages in order, in one write. Waits while too many bytes are queued for the client. */
  protected send(messages: readonly Message[]): Promise<void> {
    const sent = this.#messages.send(messages);
    if (this.#messages.isFull) this.server.limitHits.softQueuedBytes++;
    return sent;
  }

  /** Resolves to the requests that one read completed, at least one; `undefined` when the client sends no more. */
  protected receive(): Promise<Message[] | undefined> {
    return this.#messages.receive();
  }

  /** Prints lines about this client's requests, unless the server is quiet. */
  protected log(lines: readonly string[]): void {
    if (!this.server.quiet) this.server.log(lines);
  }

  /** Whether the handler reads further requests. */
  get isReading(): boolean {
    return this.#messages.state === State.Open;
  }

  /** The idle timer: measures how long the client is silent. */
  get idle(): IdleTimer {
    return this.#messages.idle;
  }

  /** Stops reading. Requests already read are answered, then the connection ends. */
  stopReading(): void {
    this.#messages.stopReading();
  }

  /** Sends the client the reason, then ends the connection in good order. The promise never rejects. */
  reject(error: unknown): Promise<void> {
    if (!(error instanceof ConnectionEnded)) {
      const { response } = this.#refusals.refuse(error);
      try {
        this.#messages.queue([response]);
      } catch {
        // The format has no form for an error: the connection ends without one.
      }
    }
    return this.#messages.shutdown();
  }

  /** Closes the connection at once. */
  close(): void {
    this.#messages.close();
  }

  #report(line: string): void {
    this.server.report(`${showAddress(this.#addr)} ${escape(line)}`);
  }
}

/** The lab's handler: records, prints and acknowledges the student in each request. */
export class StudentHandler extends ClientHandler {
  /** The roster, which all handlers of this server share. It is used only under the lock. */
  protected readonly roster: Roster = sharedRoster(this.server);
  /** Returns the line to print for a student. */
  protected readonly line: typeof connectedLine = connectedLine;

  /** Returns a handler class that records in this roster and prints these lines. */
  static with(roster: Roster, line = connectedLine): ClientHandlerClass {
    return class extends StudentHandler {
      protected override readonly roster = roster;
      protected override readonly line = line;
    };
  }

  /**
   * Keeps the lab's order: request, lock, record, print, answer. A batch of many
   * requests acquires the lock only once.
   */
  protected override async processBatch(
    requests: readonly Message[],
  ): Promise<Message[]> {
    const checked = await this.processEach(requests, toStudent);
    const students: Student[] = [];
    for (const it of checked) {
      if (!(it instanceof Refusal)) students.push(it);
    }
    let results: readonly Recorded[] = [];
    if (students.length > 0) {
      // Recording awaits. Without the lock, another handler could record and
      // print in between. The end of this block releases the lock, like
      // Python's `with`.
      using _guard = await this.writeLock.acquire();
      results = await this.roster.record(students);
      const recorded = students.filter((_, i) => results[i] === "recorded");
      // Do not build lines that will not be printed.
      if (!this.server.quiet) this.log(recorded.map(this.line));
    }
    const refused = results.find((it) => it !== "recorded");
    if (refused) {
      this.server.report(`${this.clientIp} refused: ${refused.refused}`);
    }
    let next = 0; // index of the next result
    return checked.map((it) =>
      it instanceof Refusal ? it.response : responseTo(results[next++])
    );
  }

  /** Processes a batch of one. */
  protected override async processRequest(request: Message): Promise<Message> {
    // Not `this.processBatch`: a subclass may override it and call this method.
    const batch = StudentHandler.prototype.processBatch;
    const [response] = await batch.call(this, [request]);
    return response;
  }
}

function responseTo(result: Recorded): Message {
  return result === "recorded" ? ACKNOWLEDGED : { error: result.refused };
}
