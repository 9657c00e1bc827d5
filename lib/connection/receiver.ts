/**
 * Hands the messages of one connection to the callers that wait for them.
 *
 * @module
 */

import type { MessageConnection } from "./connection.ts";
import { Queue } from "./queue.ts";

/** A caller that waits for a message. */
type Caller<In> = Omit<PromiseWithResolvers<In | undefined>, "promise">;

/** The messages of one connection, in order. */
export class Receiver<In, Out> {
  /** The connection. */
  readonly connection: MessageConnection<In, Out>;
  #isPush: (message: In) => boolean;
  /** The callers that wait for a response, first come, first served. */
  #requests = new Queue<Caller<In>>();
  /** The callers that wait for any other message. */
  #others = new Queue<Caller<In>>();
  /** Messages that arrived before a caller waited for them: those that may be responses, and pushes. */
  #early = new Queue<In>();
  #pushes = new Queue<In>();
  #isReceiving = false;

  /** `isPush` says which messages answer no request. */
  constructor(
    connection: MessageConnection<In, Out>,
    isPush: (message: In) => boolean,
  ) {
    this.connection = connection;
    this.#isPush = isPush;
  }

  /** Resolves to the response to the next request; `undefined` at the end of the connection. */
  response(): Promise<In | undefined> {
    // Some servers answer before they have the request.
    const early = this.#early.take();
    return early !== undefined
      ? Promise.resolve(early)
      : this.#wait(this.#requests);
  }

  /** Resolves to the next message that answers no request; `undefined` at the end of the connection. */
  next(): Promise<In | undefined> {
    const held = this.#pushes.size > 0 ? this.#pushes : this.#early;
    const message = held.take();
    return message !== undefined
      ? Promise.resolve(message)
      : this.#wait(this.#others);
  }

  #wait(callers: Queue<Caller<In>>): Promise<In | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<
      In | undefined
    >();
    callers.add({ resolve, reject });
    if (!this.#isReceiving) void this.#receiveAll();
    return promise;
  }

  /** Receives only while a caller waits. Otherwise back-pressure stops the server. */
  async #receiveAll(): Promise<void> {
    this.#isReceiving = true;
    try {
      while (this.#requests.size + this.#others.size > 0) {
        const messages = await this.connection.receive();
        for (const message of messages ?? []) this.#deliver(message);
        if (messages !== undefined) continue;
        for (const caller of this.#all()) caller.resolve(undefined);
        void this.connection.shutdown();
      }
    } catch (error) {
      // The responses that follow would be taken for those to later requests.
      void this.connection.shutdown();
      for (const caller of this.#all()) caller.reject(error);
    } finally {
      this.#isReceiving = false;
    }
  }

  #deliver(message: In): void {
    const isAwaited = this.#requests.size + this.#others.size > 0;
    const mayBePush = this.#requests.size > 0 || !isAwaited;
    const isPush = mayBePush && this.#isPush(message);
    const callers = mayBePush && !isPush ? this.#requests : this.#others;
    const caller = callers.take();
    if (caller) caller.resolve(message);
    else (isPush ? this.#pushes : this.#early).add(message);
  }

  /** Takes all callers. */
  #all(): Caller<In>[] {
    return [...this.#requests.takeAll(), ...this.#others.takeAll()];
  }
}
