/**
 * One client of the server: receive its requests, process them, answer them.
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

/** A class of handlers, as {@linkcode Server} takes one. */
export type ClientHandlerClass = new (
  server: HandlerServer,
  conn: Connection,
  addr: Address,
) => ClientHandler;

/**
 * Serves one client: greets it, then answers each of its requests, in their order.
 *
 * Another application overrides {@linkcode ClientHandler.processRequest}. All
 * handlers share one thread: a handler that computes for a second makes every
 * client wait for a second.
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
  /** The client's id: its source port, as the lab has it, or a number above the ports if that is taken. */
  readonly clientId: number;
  /** The client's IP address. The lab calls it `server_ip`. */
  readonly clientIp: string;
  /** The server that made this handler. */
  readonly server: HandlerServer;
  /** The connection to the client. The lab calls it `handler`. */
  readonly conn: Connection;
  #addr: Address;
  #messages: MessageConnection;
  #requests = 0;
  #refusals: Refusals;

  /** Makes the handler of one connection. {@linkcode run} starts it. */
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

  /** The server's lock, which all handlers share. A lock for each would protect nothing. */
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
   * The request loop: read what has come, process it, answer in one write. It
   * reads no more while the client does not take its answers.
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
   * Processes requests that came together, and returns their responses in the
   * same order. The response to an invalid request is its error.
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
   * Calls `process` for each request, one after the other, and returns the
   * results. Where it throws, the result is a {@linkcode Refusal}. If that is the
   * last answer that the client gets, the requests after it are not processed.
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
        // No promise where none is needed: it would cost more than the request.
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
   * Processes one request, and returns its response or a promise of it. The
   * next request waits for it.
   *
   * @throws {RequestError} If the request is invalid: the client is told why.
   * @throws {ProtocolError} If the connection cannot go on: the client is told why, and it closes.
   */
  protected abstract processRequest(
    request: Message,
  ): Message | Promise<Message>;

  /** Sends messages in order, in one write. Waits while the client does not take them. */
  protected send(messages: readonly Message[]): Promise<void> {
    const sent = this.#messages.send(messages);
    if (this.#messages.isFull) this.server.limitHits.softQueuedBytes++;
    return sent;
  }

  /** All requests that one read completed, at least one; `undefined` once the client sends no more. */
  protected receive(): Promise<Message[] | undefined> {
    return this.#messages.receive();
  }

  /** Prints lines about this client's requests, unless the server is quiet. */
  protected log(lines: readonly string[]): void {
    if (!this.server.quiet) this.server.log(lines);
  }

  /** Whether further requests are read. */
  get isReading(): boolean {
    return this.#messages.state === State.Open;
  }

  /** Measures the silence of the client. */
  get idle(): IdleTimer {
    return this.#messages.idle;
  }

  /** Reads no more requests. Those that were read are answered, then the connection ends. */
  stopReading(): void {
    this.#messages.stopReading();
  }

  /** Tells the client why, and ends the connection in good order. Never rejects. */
  reject(error: unknown): Promise<void> {
    if (!(error instanceof ConnectionEnded)) {
      this.#messages.queue([this.#refusals.refuse(error).response]);
    }
    return this.#messages.shutdown();
  }

  /** Ends the connection at once. */
  close(): void {
    this.#messages.close();
  }

  #report(line: string): void {
    this.server.report(`${showAddress(this.#addr)} ${escape(line)}`);
  }
}

/** The lab's request: a student, to be recorded, printed and acknowledged. */
export class StudentHandler extends ClientHandler {
  /** Shared by all handlers of this server. Only used under the lock. */
  protected readonly roster: Roster = sharedRoster(this.server);
  /** The line that is printed for a student. */
  protected readonly line: typeof connectedLine = connectedLine;

  /** The same handlers, but they record in this roster, and print these lines. */
  static with(roster: Roster, line = connectedLine): ClientHandlerClass {
    return class extends StudentHandler {
      protected override readonly roster = roster;
      protected override readonly line = line;
    };
  }

  /**
   * The lab's order: request, lock, record, print, answer. It is the same for
   * one request and for many that came together, which need the lock only once.
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
      // Recording awaits. Without the lock, another handler could record in
      // between, and print first. Released at the end of this block, as by
      // Python's `with`.
      using _guard = await this.writeLock.acquire();
      results = await this.roster.record(students);
      const recorded = students.filter((_, i) => results[i] === "recorded");
      // Lines that nobody sees are not even made.
      if (!this.server.quiet) this.log(recorded.map(this.line));
    }
    const refused = results.find((it) => it !== "recorded");
    if (refused) {
      this.server.report(`${this.clientIp} refused: ${refused.refused}`);
    }
    let next = 0; // of the results
    return checked.map((it) =>
      it instanceof Refusal ? it.response : responseTo(results[next++])
    );
  }

  /** Processes a batch of one. */
  protected override async processRequest(request: Message): Promise<Message> {
    // Not `this.processBatch`: a subclass may call this method there.
    const batch = StudentHandler.prototype.processBatch;
    const [response] = await batch.call(this, [request]);
    return response;
  }
}

function responseTo(result: Recorded): Message {
  return result === "recorded" ? ACKNOWLEDGED : { error: result.refused };
}
