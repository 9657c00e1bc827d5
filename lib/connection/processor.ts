/**
 * Processes the requests of one client.
 *
 * @module
 */

import { ConnectionEnded, type PeerError } from "../formats/errors.ts";
import type { MessageConnection } from "./connection.ts";
import { runInHandlerOf } from "./handler_scope.ts";
import { TimeSlice, yieldIfDue } from "./fairness.ts";
import type { LimitHits, LimitName, Limits } from "../limits.ts";
import { Refusals } from "./refusals.ts";
import { LastResponse, type Response, Responses } from "./responses.ts";
import { State } from "./state.ts";

/** The server, and what its application does with the requests of one client. */
export interface Application<In, Out> {
  /** The server. */
  readonly server: {
    readonly limits: Readonly<Limits>;
    readonly limitHits: LimitHits;
  };
  /** Reports a line about the client. */
  report(line: string, limit?: LimitName): void;
  /** Processes one request. It may throw, and a promise may be rejected. */
  process: (request: In) => Response<Out> | Promise<Response<Out>>;
  /** Returns the response that tells a client what is wrong. */
  errorResponse(error: PeerError): Out | undefined;
}

/** The answer to a request that is refused. */
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
  /** Whether a response of the application is the last one. */
  #hasLast = false;
  #responses = new Responses<Out>((response) => this.#send(response));

  /** Creates the processor of one connection. */
  constructor(
    messages: MessageConnection<In, Out>,
    application: Application<In, Out>,
  ) {
    this.#messages = messages;
    this.#application = application;
    this.#refusals = new Refusals(application.server, application.report);
  }

  /** Whether the last response is an error that ends the connection. */
  get hasRefused(): boolean {
    return this.#refusals.closeReason !== undefined;
  }

  /**
   * Processes requests, at most `parallel` at a time. Resolves when all have
   * begun, and fewer than `parallel` are under way.
   */
  async process(requests: readonly In[], parallel: number): Promise<void> {
    const slice = new TimeSlice();
    this.#messages.isProcessing = true;
    for (const request of requests) {
      if (slice.isOver()) await yieldIfDue();
      if (this.#messages.isFull) {
        this.#application.server.limitHits.softQueuedBytes++;
        await this.#messages.send([]); // resolves when all is written
      }
      if (this.#isOver) break;
      this.#responses.add(this.#begin(request));
      if (this.#responses.size >= parallel) {
        await this.#responses.waitUntilBelow(parallel);
      }
    }
    this.#messages.isProcessing = false;
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
    const slice = new TimeSlice();
    for (const request of requests) {
      if (slice.isOver()) await yieldIfDue();
      if (this.#isOver) break;
      try {
        const result = process(request);
        // Only promises are awaited: a needless `await` per request is slow.
        results.push(result instanceof Promise ? await result : result);
        this.#refusals.endRow();
      } catch (error) {
        results.push(new Refusal(this.#refuseAndStop(error)));
      }
    }
    return results;
  }

  /** Waits until no request is under way. */
  settled(): Promise<void> {
    return this.#responses.waitUntilBelow(1);
  }

  /** Sends the response to an error that ends the connection, after all others. */
  async end(error: unknown): Promise<void> {
    if (error instanceof ConnectionEnded) return;
    await this.settled();
    this.#responses.add(new LastResponse(this.#refuse(error)));
  }

  /** Whether no more responses can be sent. */
  get #isOver(): boolean {
    return this.#hasLast || this.hasRefused || !this.#messages.canQueue;
  }

  /** Reports and counts an error. Returns the response to it. */
  #refuse(error: unknown): Out | undefined {
    const refused = this.#refusals.refuse(error);
    this.#messages.closeReason = this.#refusals.closeReason;
    try {
      return this.#application.errorResponse(refused);
    } catch {
      return undefined; // the client gets no explanation
    }
  }

  #begin(request: In): Response<Out> | Promise<Response<Out>> {
    try {
      const { server, process } = this.#application;
      const response = runInHandlerOf(server, () => process(request));
      if (response instanceof Promise) return this.#finish(response);
      return this.#accepted(response);
    } catch (error) {
      return this.#answerTo(error);
    }
  }

  async #finish(pending: Promise<Response<Out>>): Promise<Response<Out>> {
    const { idle } = this.#messages;
    idle.hold();
    try {
      return this.#accepted(await pending);
    } catch (error) {
      return this.#answerTo(error);
    } finally {
      idle.release();
    }
  }

  /** Notes a response that is no refusal, and whether it is the last one. */
  #accepted(response: Response<Out>): Response<Out> {
    this.#refusals.endRow();
    if (response instanceof LastResponse) {
      this.#hasLast = true;
      this.#messages.stopReading();
    }
    return response;
  }

  #answerTo(error: unknown): Response<Out> {
    const response = this.#refuseAndStop(error);
    return this.hasRefused ? new LastResponse(response) : response;
  }

  /** As {@linkcode #refuse}. If it ends the connection, no more requests are read. */
  #refuseAndStop(error: unknown): Out | undefined {
    const response = this.#refuse(error);
    if (this.hasRefused) this.#messages.stopReading();
    return response;
  }

  #send(response: Out): void {
    try {
      this.#messages.queue([response]);
    } catch (error) {
      // The format has no form for it. Its place is now, so no other comes first.
      if (!this.hasRefused) {
        this.#responses.sendNow(this.#answerTo(error));
      }
    }
    // A shutdown may wait for this response alone.
    if (this.#messages.state === State.NotReading) this.#messages.stopReading();
  }
}
