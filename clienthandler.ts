/**
 * One client of the server: receive its requests, process them, answer them.
 *
 * @module
 */

import { counted, escape, reason } from "./lib/cli/escape.ts";
import type { HandlerServer } from "./lib/handler_server.ts";
import type { Lock } from "./lib/lock.ts";
import type { Address, Connection } from "./lib/net.ts";
import { showAddress } from "./lib/net.ts";
import { sharedRoster } from "./lib/roster/memory.ts";
import type { Roster } from "./lib/roster/roster.ts";
import {
  connectedLine,
  type Student,
  toStudent,
} from "./lib/roster/student.ts";
import { WireConnection } from "./lib/wire/connection.ts";
import type { Message } from "./lib/wire/formats.ts";
import { ProtocolError } from "./lib/wire/formats.ts";
import { Refusals } from "./lib/wire/refusals.ts";

/** A class of handlers, as {@linkcode Server} takes one. */
export type ClientHandlerClass = new (
  server: HandlerServer,
  conn: Connection,
  addr: Address,
) => ClientHandler;

/** Milliseconds without a byte after which a draining handler takes it that none is on its way. */
const DRAIN_QUIET = 50;

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
 * import type { Message } from "./lib/wire/formats.ts";
 * import { Server } from "./server.ts";
 *
 * class EchoHandler extends ClientHandler {
 *   protected override processRequest(request: Message): Message {
 *     return request;
 *   }
 * }
 * await using server = new Server({ port: 0, clientHandler: EchoHandler });
 * server.listen();
 * ```
 */
export abstract class ClientHandler {
  /** The client's id: its source port, as the lab has it. */
  readonly clientId: number;
  /** The client's IP address. The lab calls it `server_ip`. */
  readonly clientIp: string;
  /** The server that made this handler. */
  readonly server: HandlerServer;
  /** The connection to the client. */
  readonly handler: Connection;
  #name: string;
  #wire: WireConnection;
  #requests = 0;
  #refusals: Refusals;
  #stopping = false;

  /** Makes the handler of one connection. {@linkcode run} starts it. */
  constructor(server: HandlerServer, conn: Connection, addr: Address) {
    this.server = server;
    this.handler = conn;
    this.clientId = server.freeClientId(addr.port);
    this.clientIp = addr.hostname;
    this.#name = showAddress(addr);
    this.#wire = new WireConnection(conn, server.wire, server.limits);
    const { maxInvalidInRow } = server.limits;
    this.#refusals = new Refusals(maxInvalidInRow, (why) => this.#report(why));
  }

  /** The server's lock. One for each handler would guard nothing that they share. */
  get writeLock(): Lock {
    return this.server.writeLock;
  }

  /** Serves the client until one side ends the connection. Never rejects. */
  async run(): Promise<void> {
    const { idleTimeout } = this.server.limits;
    if (idleTimeout > 0) {
      this.#hangUpWhenQuiet(idleTimeout * 1000, `silent for ${idleTimeout} s`);
    }
    try {
      await this.sendId();
      await this.processRequests();
    } catch (error) {
      await this.#giveUp(error);
    }
    await this.#wire.hangUp();
    const told = this.#refusals.final || this.server.quiet;
    if (this.#requests > 0 && !told) {
      this.#report(`left after ${counted(this.#requests, "request")}`);
    }
  }

  /** Sends the client its id. The server speaks first. */
  protected sendId(): Promise<void> {
    return this.#wire.greet({ clientid: this.clientId });
  }

  /**
   * The request loop: read what has come, process it, answer in one write. It
   * reads no more while the client does not take its answers.
   */
  protected async processRequests(): Promise<void> {
    while (!this.#refusals.final && !this.#stopping) {
      const requests = await this.receive();
      if (requests === undefined) return; // the client sends no more
      this.#requests += requests.length;
      await this.send(await this.processBatch(requests));
    }
  }

  /**
   * Processes requests that came together, and returns their responses in the
   * same order. One that is invalid has its error for a response.
   */
  protected async processBatch(
    requests: readonly Message[],
  ): Promise<Message[]> {
    const responses: Message[] = [];
    for (const request of requests) {
      try {
        const response = this.processRequest(request);
        // No promise where none is needed: it would cost more than the request.
        responses.push(
          response instanceof Promise ? await response : response,
        );
        this.#refusals.endRow();
      } catch (error) {
        responses.push(this.#refusals.response(error));
        if (this.#refusals.final) break;
      }
    }
    return responses;
  }

  /**
   * Processes one request, and returns its response or a promise of it. The
   * next request is not processed before.
   *
   * @throws {RequestError} If the request is invalid: the client is told why.
   * @throws {ProtocolError} If it makes no sense to go on: told, and closed.
   */
  protected abstract processRequest(
    request: Message,
  ): Message | Promise<Message>;

  /** Sends messages in order, in one write. Waits while the client does not take them. */
  protected send(messages: readonly Message[]): Promise<void> {
    return this.#wire.send(messages);
  }

  /** All requests that have come, at least one; `undefined` once the client sends no more. */
  protected receive(): Promise<Message[] | undefined> {
    return this.#wire.receive();
  }

  /** Prints lines about this client's requests, unless the server is quiet. */
  protected log(lines: readonly string[]): void {
    if (!this.server.quiet) this.server.log(lines);
  }

  /** Sends one error in place of the greeting, and ends the connection. */
  async turnAway(why: string): Promise<void> {
    await this.#giveUp(new ProtocolError(why));
    await this.#wire.hangUp();
  }

  /** Answers what has come, and ends the connection once nothing more is on its way. */
  drain(): void {
    this.#hangUpWhenQuiet(DRAIN_QUIET);
  }

  /** Answers what was read, and reads no more. */
  stop(): void {
    this.#stopping = true;
  }

  /** Ends the connection at once. */
  close(): void {
    this.#wire.close();
  }

  #hangUpWhenQuiet(ms: number, why?: string): void {
    this.#wire.onQuiet(ms, () => {
      if (why) this.#report(`closed: ${why}`);
      this.#wire.hangUp();
    });
  }

  async #giveUp(error: unknown): Promise<void> {
    try {
      await this.send([this.#refusals.response(error)]);
    } catch (unsendable) {
      this.#report(`handler failed: ${reason(unsendable)}`);
    }
  }

  #report(line: string): void {
    this.server.report(`${this.#name} ${escape(line)}`);
  }
}

/** The response to a request that was recorded. */
const ACKNOWLEDGED = 1;

/** The lab's request: a student, to be recorded, printed and acknowledged. */
export class StudentHandler extends ClientHandler {
  /** Where all handlers of this server record, so one at a time. */
  protected readonly roster: Roster = sharedRoster(this.server);
  #students: Student[] = [];

  /**
   * Records and prints the students of all valid requests before any of them
   * is acknowledged. Recording awaits; without the lock, another handler could
   * record in between, and print before this one does.
   */
  protected override async processBatch(
    requests: readonly Message[],
  ): Promise<Message[]> {
    const responses = await super.processBatch(requests);
    const students = this.#students;
    this.#students = [];
    if (students.length > 0) {
      // Given back at the end of this block, as by Python's `with`.
      using _guard = await this.writeLock.acquire();
      await this.roster.record(students);
      // Lines that nobody will see are not even made.
      if (!this.server.quiet) this.log(students.map(connectedLine));
    }
    return responses;
  }

  /** Takes a valid request into its batch. */
  protected override processRequest(request: Message): Message {
    this.#students.push(toStudent(request));
    return ACKNOWLEDGED;
  }
}
