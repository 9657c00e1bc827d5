/**
 * The handler of one client: it receives, processes and answers requests.
 *
 * @module
 */

import { reportClient } from "./lib/connection/client_report.ts";
import { MessageConnection } from "./lib/connection/connection.ts";
import type { HandlerServer, Report } from "./lib/connection/handler_server.ts";
import { isInHandler } from "./lib/connection/handler_scope.ts";
import { Refusal, RequestProcessor } from "./lib/connection/processor.ts";
import { LastResponse, type Response } from "./lib/connection/responses.ts";
import type { Idleness } from "./lib/connection/timers.ts";
import { type CloseReason, ignoringErrors, type Sent } from "./lib/events.ts";
import type { Message, PeerError } from "./lib/formats/formats.ts";
import type { Lock } from "./lib/lock.ts";
import type { Address, Connection } from "./lib/net.ts";
import { Doubts } from "./lib/students/doubts.ts";
import { type Roster, sharedRoster } from "./lib/students/roster.ts";
import { isRecorded, type Recorded, responseTo } from "./lib/students/store.ts";
import { connectedLine, nameIn, toStudentFor } from "./lib/students/student.ts";
import type { Sid, Student } from "./lib/students/student.ts";
import { reason } from "./lib/text.ts";

export { LastResponse, Refusal };
export type * from "./lib/connection/handler_server.ts";
export type { Idleness, Response, Roster, Sent, Sid, Student };

/** A class of handlers, for {@linkcode Server}. */
export type ClientHandlerClass<In = Message, Out = In> = new (
  server: HandlerServer<In, Out>,
  conn: Connection,
  addr: Address,
) => ClientHandler<In, Out>;

/**
 * Serves one client: greets it, then answers each of its requests in order. A request is an `In`, and a response an `Out`, as in the server's format.
 *
 * @example An echo server
 * ```ts
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import type { Message } from "@rollcall/rollcall/formats";
 * import { Server } from "@rollcall/rollcall";
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
export abstract class ClientHandler<In = Message, Out = In> {
  /** The client's id: its source port, as in the lab, or a number above all ports if that id is in use. */
  readonly clientId: number;
  /** The client's IP address. The lab calls it `server_ip`. */
  readonly clientIp: string;
  /** The server that created this handler. */
  readonly server: HandlerServer<In, Out>;
  /** The connection to the client. The lab calls it `handler`. */
  readonly conn: Connection;
  /** How many requests of this client may be under way at a time. Answers keep their order. By default 1. */
  protected readonly parallel: number = 1;
  /** Reports a line about this client to the server's operator. */
  protected readonly report: Report;
  /** The client's name in these lines, once it is known: also from a request that was refused. */
  protected reportName: string | undefined;
  #messages: MessageConnection<In, Out>;
  #processor: RequestProcessor<In, Out>;
  #requests = 0;

  /** Creates the handler of one connection. {@linkcode run} starts it. */
  constructor(
    server: HandlerServer<In, Out>,
    conn: Connection,
    addr: Address,
  ) {
    this.server = server;
    this.conn = conn;
    this.clientId = server.freeClientId(addr.port);
    this.clientIp = addr.hostname;
    this.report = (line, about) => {
      this.reportName ??= about?.name;
      reportClient(this, addr, line, { name: this.reportName, ...about });
    };
    this.#messages = new MessageConnection(conn, server.wire, server.limits, {
      onLimit: ignoringErrors((error: Error) => this.reject(error)),
      onFull: () => server.limitHits.softQueuedBytes++,
      onEvent: server.onEvent?.bind(server, this.clientId),
    });
    this.#processor = new RequestProcessor(this.#messages, {
      server,
      clientId: this.clientId,
      report: this.report,
      process: (request) => this.processRequest(request),
      errorResponse: (error) => this.errorResponse(error),
    });
  }

  /** The server's lock, which all handlers share. A lock per handler would protect nothing. */
  get writeLock(): Lock {
    return this.server.writeLock;
  }

  /** Serves the client until one side ends the connection. Never rejects. */
  async run(): Promise<void> {
    const { idleTimeout } = this.server.limits;
    this.#messages.shutdownWhenIdle(idleTimeout, () => {
      this.server.limitHits.idleTimeout++;
      const why = `closed: silent for ${idleTimeout} s (idleTimeout)`;
      this.report(why, { limit: "idleTimeout" });
    });
    try {
      await this.sendId();
      await this.processRequests();
      await this.#processor.settled();
    } catch (error) {
      await this.#processor.end(error);
    }
    try {
      await this.closed(this.#messages.closeReason ?? "server");
    } catch (error) {
      this.report(`closed() failed: ${reason(error)}`, { error });
    }
    await this.#messages.shutdown();
    this.#processor.reportEnd(this.#requests);
  }

  /** Sends the client its id, in a format that has a greeting. The server speaks first. */
  protected sendId(): Promise<void> {
    return this.#messages.greet(this.server.wire.greeting?.(this.clientId));
  }

  /** The request loop: receives a batch, processes it, answers. It waits while the client does not read. */
  protected async processRequests(): Promise<void> {
    while (this.isReading) {
      const requests = await this.receive();
      if (requests === undefined) return; // the client sends no more
      this.#requests += requests.length;
      this.#messages.isProcessing = true;
      await this.send(await this.processBatch(requests));
      this.#messages.isProcessing = false;
    }
  }

  /** Processes a batch: the requests that one read completed. Each answer is sent as soon as it and those before it are ready. Resolves to answers that are still to be sent: none, unless a subclass answers a batch as a whole. */
  protected async processBatch(
    requests: readonly In[],
  ): Promise<(Out | undefined)[]> {
    await this.#processor.process(requests, this.parallel);
    return [];
  }

  /** Calls `process` for each request in turn. If it throws, the result is a {@linkcode Refusal}. After a refusal that ends the connection, the remaining requests have no result. */
  protected processEach<T>(
    requests: readonly In[],
    process: (request: In) => T | Promise<T>,
  ): Promise<(T | Refusal<Out>)[]> {
    return this.#processor.each(requests, process);
  }

  /**
   * Processes one request: what another application overrides. `undefined` is no response, and a {@linkcode LastResponse} ends the connection. Any error but the two below is the server's own fault: it is reported, the client receives no details, and the connection closes.
   *
   * @throws {RequestError} If the request is invalid. The client receives the reason.
   * @throws {ProtocolError} If the connection cannot continue. The client receives the reason, then the connection closes.
   */
  protected abstract processRequest(
    request: In,
  ): Response<Out> | Promise<Response<Out>>;

  /** Returns the response that tells the client what is wrong: the format's. If it throws, the connection closes without a response. */
  protected errorResponse(error: PeerError): Out | undefined {
    if (!this.server.wire.error) throw error;
    return this.server.wire.error(error);
  }

  /** Called once, when no more requests will be processed. The connection may still be open. */
  protected closed(_reason: CloseReason): void | Promise<void> {}

  /** Sends a message that answers nothing, without waiting. Returns false if the connection accepts no more messages. Throws a `TypeError` if the format cannot express it. */
  push(message: Out): boolean {
    this.#messages.queue([message]);
    return this.#messages.canQueue;
  }

  /** Bytes that the client has not accepted yet. */
  get queuedBytes(): number {
    return this.#messages.queuedBytes;
  }

  /** Aborted when the client is gone, so that no answer can reach it. A half-close does not count. */
  get signal(): AbortSignal {
    return this.#messages.signal;
  }

  /** Sends messages in order, in one write. Waits while too many bytes are queued for the client. */
  protected send(messages: readonly (Out | undefined)[]): Promise<void> {
    return this.#messages.send(messages);
  }

  /** Resolves to the requests that one read completed, at least one; `undefined` when the client sends no more. */
  protected receive(): Promise<In[] | undefined> {
    return this.#messages.receive();
  }

  /** Prints lines about this client's requests, unless the server is quiet. */
  protected log(lines: readonly string[]): void {
    if (!this.server.quiet) this.server.log(lines);
  }

  /** Whether the handler reads further requests. */
  get isReading(): boolean {
    return this.#messages.isReading;
  }

  /** What the client has sent until now. */
  get hasSent(): Sent {
    return this.#messages.time.hasSent(this.#messages.idle);
  }

  /** How long the client is silent. */
  get idle(): Idleness {
    return this.#messages.idle;
  }

  /** Stops reading. Requests already read are answered, then the connection ends. */
  stopReading(): void {
    this.#messages.stopReading();
  }

  /** Sends the client the reason, then ends the connection in good order. Never rejects. In a handler, resolves at once. */
  reject(why: unknown): Promise<void> {
    const end = this.#processor.end(why).then(() => this.#messages.shutdown());
    return isInHandler(this.server) ? Promise.resolve() : end;
  }

  /** Closes the connection at once. */
  close(): void {
    this.#messages.close();
  }
}

/** The lab's handler: records, prints and acknowledges the student in each request. */
export class StudentHandler extends ClientHandler {
  /** The roster, which all handlers of this server share. It records only under the lock. */
  protected readonly roster: Roster = sharedRoster(this.server);
  #doubts = new Doubts(this.report);
  /** Returns the line to print for a student. */
  protected readonly line: (student: Student) => string = connectedLine;

  /** Returns a handler class that records in this roster and prints these lines. */
  static with(roster: Roster, line = connectedLine): ClientHandlerClass {
    return class extends StudentHandler {
      protected override readonly roster = roster;
      protected override readonly line = line;
    };
  }

  /** Keeps the lab's order: request, lock, record, print, answer. A batch acquires the lock once. Without the lock, another handler could print after these students are recorded and before their lines. */
  protected override async processBatch(
    requests: readonly Message[],
  ): Promise<(Message | undefined)[]> {
    const checked = await this.processEach(requests, toStudentFor(this.server));
    const students: Student[] = [];
    for (const it of checked) if (!(it instanceof Refusal)) students.push(it);
    let results: readonly Recorded[] = [];
    if (students.length > 0) {
      this.reportName = nameIn(students[0]) ?? this.reportName;
      const { roster, writeLock } = this;
      const entry = roster.add(students, this);
      const guard = writeLock.tryAcquire() ?? await writeLock.acquire(); // a free lock needs no `await`
      try {
        // The previous holder of the lock may have recorded these, too.
        const recording = entry.done ? undefined : roster.recordWaiting();
        if (recording) await recording; // else they are recorded already
        results = entry.results;
        const recorded = students.filter((_, i) => isRecorded(results[i]));
        if (!this.server.quiet) this.log(recorded.map(this.line)); // else build no lines
      } finally {
        guard.release();
      }
    }
    this.#doubts.add(students, results);
    let next = 0; // index of the next result
    return checked.map((it) =>
      it instanceof Refusal ? it.response : responseTo(results[next++])
    );
  }

  /** Processes a batch of one. */
  protected override async processRequest(
    request: Message,
  ): Promise<Message | undefined> {
    // Not `this.processBatch`: a subclass may override it and call this method.
    const { processBatch } = StudentHandler.prototype;
    return (await processBatch.call(this, [request]))[0];
  }
}
