/**
 * One client of the server: receive its requests, process them, answer them.
 *
 * @module
 */

import { counted, escape } from "./lib/text.ts";
import type { HandlerServer } from "./lib/handler_server.ts";
import type { Lock } from "./lib/lock.ts";
import { type Address, type Connection, showAddress } from "./lib/net.ts";
import { ACKNOWLEDGED, FULL, refuseOthers } from "./lib/students/answers.ts";
import { sharedRoster } from "./lib/students/memory.ts";
import type { Roster } from "./lib/students/roster.ts";
import type { Student } from "./lib/students/student.ts";
import {
  connectedLine,
  maskedLine,
  toStudent,
} from "./lib/students/student.ts";
import { LongWork, look, takeTurns } from "./lib/connection/fairness.ts";
import { WireConnection } from "./lib/connection/connection.ts";
import { ConnectionEnded, type Message } from "./lib/formats/formats.ts";
import { Refusals } from "./lib/connection/refusals.ts";

/** A class of handlers, as {@linkcode Server} takes one. */
export type ClientHandlerClass = new (
  server: HandlerServer,
  conn: Connection,
  addr: Address,
) => ClientHandler;

/** Milliseconds without a byte after which a draining handler takes it that none is on its way. */
const DRAIN_QUIET = 100;

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
  #addr: Address;
  #wire: WireConnection;
  #requests = 0;
  #refusals: Refusals;
  #stopping = false;
  #closed = false;

  /** Makes the handler of one connection. {@linkcode run} starts it. */
  constructor(server: HandlerServer, conn: Connection, addr: Address) {
    this.server = server;
    this.handler = conn;
    this.clientId = server.freeClientId(addr.port);
    this.clientIp = addr.hostname;
    this.#addr = addr;
    const { wire, limits } = server;
    const onLimit = (error: unknown) => this.turnAway(error);
    const watch = server.watch?.bind(server, this.clientId);
    this.#wire = new WireConnection(conn, wire, limits, onLimit, watch);
    this.#refusals = new Refusals(server, (why) => this.#report(why));
  }

  /** The server's lock. One for each handler would guard nothing that they share. */
  get writeLock(): Lock {
    return this.server.writeLock;
  }

  /** Serves the client until one side ends the connection. Never rejects. */
  async run(): Promise<void> {
    const { idleTimeout } = this.server.limits;
    if (idleTimeout > 0) {
      this.#wire.onQuiet(idleTimeout * 1000, () => {
        this.server.reached.idleTimeout++;
        this.#report(`closed: silent for ${idleTimeout} s (idleTimeout)`);
        this.#wire.hangUp();
      });
    }
    try {
      await this.sendId();
      await this.processRequests();
    } catch (error) {
      await this.turnAway(error);
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
      this.server.heard = performance.now();
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
    const work = new LongWork();
    for (const request of requests) {
      if (work.isLong()) await takeTurns();
      if (this.#closed) break; // nobody is left to answer
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
    const sent = this.#wire.send(messages);
    if (this.#wire.full) this.server.reached.softQueuedBytes++;
    return sent;
  }

  /** All requests that have come, at least one; `undefined` once the client sends no more. */
  protected receive(): Promise<Message[] | undefined> {
    return this.#wire.receive();
  }

  /** Prints lines about this client's requests, unless the server is quiet. */
  protected log(lines: readonly string[]): void {
    if (!this.server.quiet) this.server.log(lines);
  }

  /** Answers what has come, and ends the connection once nothing more is on its way. */
  drain(): void {
    this.#wire.onQuiet(DRAIN_QUIET, async () => {
      await look(); // in a long turn of the event loop, nobody is heard
      // A server that is busy with others may not have come to this one yet, or
      // not have answered what came meanwhile.
      const busy = performance.now() - this.server.heard < DRAIN_QUIET;
      const isIdle = this.#wire.isWaiting && (!busy || this.#stopping);
      if (isIdle) this.#wire.hangUp();
      else if (!this.#stopping) this.drain();
    }, true);
  }

  /** Answers what was read, and reads no more. */
  stop(): void {
    this.#stopping = true;
    this.#wire.onQuiet(0, () => this.#wire.hangUp()); // if nothing is under way
  }

  /** Ends the connection at once. */
  close(): void {
    this.#closed = this.#stopping = true;
    this.#wire.close();
  }

  /** Ends the connection, and tells the client why: the error is its last answer. Never rejects. */
  turnAway(error: unknown): Promise<void> {
    if (!(error instanceof ConnectionEnded)) {
      this.#wire.queue([this.#refusals.response(error)]);
    }
    return this.#wire.hangUp();
  }

  #report(line: string): void {
    this.server.report(`${showAddress(this.#addr)} ${escape(line)}`);
  }
}

/** The lab's request: a student, to be recorded, printed and acknowledged. */
export class StudentHandler extends ClientHandler {
  /** Where all handlers of this server record, so one at a time. */
  protected readonly roster: Roster = sharedRoster(this.server);
  /** The line that is printed for a student. */
  protected readonly line: typeof connectedLine = connectedLine;
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
      const recorded = await this.roster.record(students) ?? students;
      // Lines that nobody will see are not even made.
      if (!this.server.quiet) this.log(recorded.map(this.line));
      if (recorded.length < students.length) {
        this.server.report(`${this.clientIp} refused: ${FULL.error}`);
        return refuseOthers(responses, students, recorded);
      }
    }
    return responses;
  }

  /** Takes a valid request into its batch. */
  protected override processRequest(request: Message): Message {
    this.#students.push(toStudent(request));
    return ACKNOWLEDGED;
  }
}

/** The same, but it prints only the last two digits of a student's number. */
export class MaskedStudentHandler extends StudentHandler {
  /** The line, with the number masked. */
  protected override readonly line: typeof maskedLine = maskedLine;
}
