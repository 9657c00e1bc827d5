/**
 * The responses of one client.
 *
 * @module
 */

/**
 * The last response on a connection. Later requests are not processed, and the
 * connection ends in good order.
 *
 * @example A request that ends the connection
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHandler, LastResponse } from "@rollcall/rollcall/clienthandler";
 * import { lines } from "@rollcall/rollcall/formats";
 *
 * class Polite extends ClientHandler<string> {
 *   protected override processRequest(line: string) {
 *     return line === "quit" ? new LastResponse("bye") : `You said ${line}`;
 *   }
 * }
 * await using server = new Server({ port: 0, wire: lines, clientHandler: Polite });
 * void server.run();
 * await using client = new Client({ port: server.addr.port, wire: lines });
 * await client.connect();
 * if (await client.request("quit") !== "bye") throw new Error("impolite");
 * if (await client.receive() !== undefined) throw new Error("still connected");
 * ```
 */
export class LastResponse<Out> {
  /** The response itself; `undefined` is none. */
  readonly response: Out | undefined;

  /** Marks a response as the last one. */
  constructor(response: Out | undefined) {
    this.response = response;
  }
}

/** The response to a request; `undefined` is none. */
export type Response<Out> = Out | undefined | LastResponse<Out>;

/** Returns the response itself, whether it is the last one or not. */
export function responseOf<Out>(response: Response<Out>): Out | undefined {
  return response instanceof LastResponse ? response.response : response;
}

/** The place of an answer among the others. */
interface Place<Out> {
  answer: Response<Out>;
  isReady: boolean;
}

/**
 * Sends the responses of one client in the order of its requests, each as soon
 * as it and all before it are ready.
 */
export class Responses<Out> {
  #send: (response: Out) => void;
  /** The places of the answers that are not sent, the oldest first. */
  #places: Place<Out>[] = [];
  #settled: PromiseWithResolvers<void> | undefined;
  #isOver = false;
  #onSettled: () => void;

  /** Each response goes to `send`, which must not throw. `onSettled` is called when none is pending any more. */
  constructor(send: (response: Out) => void, onSettled: () => void) {
    this.#send = send;
    this.#onSettled = onSettled;
  }

  /** How many answers are not sent: they are pending, or come after one that is. */
  get size(): number {
    return this.#places.length;
  }

  /** Adds the answer to the next request. A promise must not be rejected. */
  add(answer: Response<Out> | Promise<Response<Out>>): void {
    if (answer instanceof Promise) {
      const place: Place<Out> = { answer: undefined, isReady: false };
      this.#places.push(place);
      void answer.then((answer) => this.#settle(place, answer));
    } else if (this.#places.length > 0) {
      this.#places.push({ answer, isReady: true });
    } else this.sendNow(answer);
  }

  /** Waits until fewer than `count` answers are not sent. */
  async waitUntilBelow(count: number): Promise<void> {
    while (this.#places.length >= count) {
      this.#settled ??= Promise.withResolvers();
      await this.#settled.promise;
    }
  }

  #settle(place: Place<Out>, answer: Response<Out>): void {
    place.answer = answer;
    place.isReady = true;
    while (this.#places[0]?.isReady) this.sendNow(this.#places.shift()!.answer);
    this.#settled?.resolve();
    this.#settled = undefined;
    if (this.#places.length === 0) this.#onSettled();
  }

  /** Sends an answer before those that wait. */
  sendNow(answer: Response<Out>): void {
    if (this.#isOver) return;
    const isLast = answer instanceof LastResponse;
    const response = responseOf(answer);
    if (response !== undefined) this.#send(response);
    if (isLast) this.#isOver = true;
  }
}
