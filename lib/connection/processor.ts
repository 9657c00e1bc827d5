/**
 * Processes the requests of one client.
 *
 * @module
 */

import type { CloseReason, OnEvent } from "../events.ts";
import type { PeerError } from "../formats/errors.ts";
import { counted } from "../text.ts";
import type { MessageConnection } from "./connection.ts";
import type { Report } from "./handler_server.ts";
import { TimeSlice } from "./processor_time.ts";
import type { LimitHits, Limits } from "../limits.ts";
import { Refusals } from "./refusals.ts";
import {
  LastResponse,
  type Response,
  responseOf,
  Responses,
} from "./responses.ts";
import { State } from "./state.ts";

/** The server, and what its application does with the requests of one client. */
export interface Application<In, Out> {
  /** The server. */
  readonly server: {
    readonly limits: Readonly<Limits>;
    readonly limitHits: LimitHits;
    readonly quiet: boolean;
    readonly onEvent: OnEvent | undefined;
  };
  /** The client's id. */
  readonly clientId: number;
  /** Reports a line about the client. */
  report: Report;
  /** Processes one request. It may throw, and a promise may be rejected. */
  process: (request: In) => Response<Out> | Promise<Response<Out>>;
  /** Returns the response that tells a client what is wrong. If it throws, the connection closes without a response. */
  errorResponse(error: PeerError): Out | undefined;
}

/**
 * The answer to a request that is refused.
 *
 * @example Requests that are processed together
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHandler, Refusal } from "@rollcall/rollcall/clienthandler";
 * import { FORMATS, type Message, RequestError } from "@rollcall/rollcall/formats";
 *
 * // Answers each batch with its sum, and refuses what is not a number.
 * class Adder extends ClientHandler {
 *   protected override async processBatch(requests: readonly Message[]) {
 *     const all = await this.processEach(requests, (it) => this.processRequest(it));
 *     const sum = all.reduce<number>((sum, it) => it instanceof Refusal ? sum : sum + it, 0);
 *     return all.map((it) => it instanceof Refusal ? it.response : sum);
 *   }
 *   protected override processRequest(request: Message): number {
 *     if (typeof request === "number") return request;
 *     throw new RequestError("Send a number");
 *   }
 * }
 * const wire = FORMATS.json;
 * await using server = new Server({ port: 0, wire, clientHandler: Adder });
 * void server.run();
 * await using client = new Client({ port: server.addr.port, wire });
 * await client.connect();
 * if (await client.request(5) !== 5) throw new Error("another sum");
 * ```
 */
export class Refusal<Out> {
  /** The response for the client; `undefined` is none. */
  readonly response: Out | undefined;

  /** Creates the refusal of one request. */
  constructor(response: Out | undefined) {
    this.response = response;
  }
}

/**
 * Processes requests in their order, and sends each response as soon as it and
 * those before it are ready.
 */
export class RequestProcessor<In, Out> {
  #messages: MessageConnection<In, Out>;
  #refusals: Refusals;
  #application: Application<In, Out>;
  /** Whether one of the responses is the last one. */
  #hasLast = false;
  #hasRefused = false;
  /** The error that has ended the connection. */
  #ended: unknown;
  #isRefusing = false;
  #responses = new Responses<Out>(
    (response) => this.#send(response),
    () => this.#endIfStopped(),
  );

  /** Creates the processor of one connection. */
  constructor(
    messages: MessageConnection<In, Out>,
    application: Application<In, Out>,
  ) {
    this.#messages = messages;
    this.#application = application;
    this.#refusals = new Refusals(application.server, application.report);
  }

  /** Reports, at the end, how many invalid requests were not reported, and how many requests came, if any did. */
  reportEnd(requests: number): void {
    const { report, server } = this.#application;
    const { invalid, unreported } = this.#refusals;
    if (unreported > 0) {
      report(counted(unreported, "more invalid request"));
    }
    if (server.quiet || this.#hasRefused) return;
    if (requests > 0) {
      const refused = invalid > 0 ? `, ${invalid} refused` : "";
      report(`left after ${counted(requests, "request")}${refused}`);
    } else if (/^(client|gone)$/.test(this.#messages.closeReason ?? "")) {
      report("left without a request");
    }
  }

  /**
   * Processes requests, at most `parallel` at a time. Resolves when all have
   * begun, and fewer than `parallel` are under way.
   */
  async process(requests: readonly In[], parallel: number): Promise<void> {
    const { time } = this.#messages;
    const slice = new TimeSlice(time);
    const most = Math.max(1, parallel);
    for (const request of requests) {
      if (slice.isOver()) await slice.wait(time.yieldIfDue());
      if (this.#messages.isFull) {
        await slice.wait(this.#messages.send([])); // resolves when all is written
      }
      if (this.#isOver) break;
      this.#responses.add(this.#begin(request));
      if (this.#responses.size >= most) {
        await slice.wait(this.#responses.waitUntilBelow(most));
      }
    }
    slice.end();
  }

  /**
   * Calls `process` for each request in turn and resolves to the results. If
   * `process` throws, the result is a {@linkcode Refusal}. After a refusal that
   * ends the connection, the remaining requests are not processed.
   */
  async each<T>(
    requests: readonly In[],
    process: (request: In) => T | Promise<T>,
  ): Promise<(T | Refusal<Out>)[]> {
    const results: (T | Refusal<Out>)[] = [];
    const { time } = this.#messages;
    const slice = new TimeSlice(time);
    for (const request of requests) {
      if (slice.isOver()) await slice.wait(time.yieldIfDue());
      if (this.#isOver) break;
      try {
        const result = process(request);
        // Only promises are awaited: a needless `await` per request is slow.
        results.push(
          result instanceof Promise ? await slice.wait(result) : result,
        );
        this.#refusals.endRow();
      } catch (error) {
        const response = this.#noted(this.#refuse(error));
        results.push(new Refusal(responseOf(response)));
      }
    }
    slice.end();
    return results;
  }

  /** Waits until no request is under way. */
  settled(): Promise<void> {
    return this.#responses.waitUntilBelow(1);
  }

  /**
   * Refuses all further requests because of an error. The error response is sent
   * after the responses to the requests under way. Resolves when all are sent.
   */
  async end(error: unknown): Promise<void> {
    if (error !== this.#ended && !this.#messages.isAboutEnd(error)) {
      const last = new LastResponse(responseOf(this.#refuse(error)));
      if (!this.#hasLast) this.#responses.add(last);
      this.#noted(last);
    }
    this.#ended = error;
    await this.settled();
  }

  /** Whether no more responses can be sent. */
  get #isOver(): boolean {
    return this.#hasLast || !this.#messages.canQueue;
  }

  /** Reports and counts an error. Returns the response to it, which may be the last one. */
  #refuse(error: unknown): Response<Out> {
    if (this.#messages.isAboutEnd(error)) return undefined;
    const { refused, closeReason } = this.#refusals.refuse(error);
    const { server, clientId } = this.#application;
    server.onEvent?.(clientId, { type: "refused", error: refused });
    try {
      const response = this.#application.errorResponse(refused);
      return closeReason ? this.#last(response, closeReason) : response;
    } catch {
      // A client that is not told would take the next response for this one.
      return this.#last(undefined, closeReason ?? "refused");
    }
  }

  #last(response: Out | undefined, reason: CloseReason): LastResponse<Out> {
    this.#hasRefused = true;
    const { closeReason } = this.#messages;
    if (closeReason !== "gone") this.#messages.closeReason = reason;
    return new LastResponse(response);
  }

  #begin(request: In): Response<Out> | Promise<Response<Out>> {
    try {
      const response = this.#application.process(request);
      if (response instanceof Promise) return this.#finish(response);
      this.#refusals.endRow();
      return this.#noted(response);
    } catch (error) {
      return this.#noted(this.#refuse(error));
    }
  }

  async #finish(pending: Promise<Response<Out>>): Promise<Response<Out>> {
    const { idle } = this.#messages;
    idle.hold();
    try {
      const response = await pending;
      this.#refusals.endRow();
      return this.#noted(response);
    } catch (error) {
      return this.#noted(this.#refuse(error));
    } finally {
      idle.release();
    }
  }

  /** Notes whether a response is the last one. If so, no more requests are processed. */
  #noted(response: Response<Out>): Response<Out> {
    if (response instanceof LastResponse) {
      this.#hasLast = true;
      this.#messages.stopReading();
    }
    return response;
  }

  #send(response: Out): void {
    try {
      this.#messages.queue([response]);
    } catch (error) {
      // The format cannot express the response. An error takes its place now, before
      // later responses. The format may be unable to express the error, too.
      if (this.#isRefusing) return;
      this.#isRefusing = true;
      this.#responses.sendNow(this.#noted(this.#refuse(error)));
      this.#isRefusing = false;
    }
  }

  /** Shuts the connection down if it has stopped reading and this was its last response. */
  #endIfStopped(): void {
    if (this.#messages.state === State.NotReading) this.#messages.stopReading();
  }
}
