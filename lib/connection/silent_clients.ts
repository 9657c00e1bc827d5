/**
 * The clients that have sent no request yet.
 *
 * @module
 */

import type { Sent } from "../events.ts";
import { ProtocolError } from "../formats/errors.ts";
import { ClientMap } from "./client_map.ts";
import { pollEventLoop } from "./fairness.ts";

/** The part of a client's handler that tells whether the client is silent. */
export interface SilentClient {
  /** The client's id, which no other open connection has. */
  readonly clientId: number;
  /** What the client has sent until now. */
  readonly hasSent: Sent;
  /** Sends the client the reason, then ends the connection. */
  reject(error: ProtocolError): Promise<void>;
}

/** How many of the oldest clients are searched for one that has sent no bytes. */
const LOOKED_AT = 64;

/** A client, and since when it is connected, in `performance.now()` time. */
interface Newcomer<T> {
  client: T;
  since: number;
}

/** Knows the silent clients, and rejects those that are silent for too long. */
export class SilentClients<T extends SilentClient> {
  /** The oldest first. Clients that have sent a request meanwhile are removed when they are met. */
  #newcomers = new ClientMap<Newcomer<T>>();
  #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A client must send its first request within so many seconds; 0 means no limit. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Adds a client that has just come. */
  add(client: T): void {
    const newcomer = { client, since: performance.now() };
    this.#newcomers.set(client.clientId, newcomer);
    if (this.#timer === undefined) this.#wait(newcomer);
  }

  /** Removes a client. */
  delete({ clientId }: T): void {
    this.#newcomers.delete(clientId);
    if (this.#newcomers.size === 0) this.#stopWaiting();
  }

  /** The client that has been silent for longest. */
  get longest(): T | undefined {
    const first = this.#first();
    let looked = 0;
    for (const { client } of this.#newcomers.values()) {
      if (client.hasSent === "messages") {
        this.#newcomers.delete(client.clientId);
        continue;
      }
      // Bytes may be a request on its way. If all have sent bytes, the oldest goes.
      if (client.hasSent === "nothing") return client;
      if (++looked === LOOKED_AT) break;
    }
    return first?.client;
  }

  #first(): Newcomer<T> | undefined {
    for (const newcomer of this.#newcomers.values()) {
      if (newcomer.client.hasSent !== "messages") return newcomer;
      this.#newcomers.delete(newcomer.client.clientId);
    }
  }

  /** Waits until the first request of a client is due. */
  #wait({ since }: Newcomer<T>): void {
    if (this.#seconds === 0) return;
    const left = since + this.#seconds * 1000 - performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rejectLate(), Math.max(0, left));
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #rejectLate(): Promise<void> {
    await pollEventLoop(); // a request may have arrived, and not be read yet
    const due = performance.now() - this.#seconds * 1000;
    let first: Newcomer<T> | undefined;
    while ((first = this.#first()) && first.since <= due) {
      this.#newcomers.delete(first.client.clientId);
      const why = `The first request must come within ${this.#seconds} s`;
      void first.client.reject(
        new ProtocolError(why, { limit: "firstRequestTimeout" }),
      );
    }
    if (first) this.#wait(first);
    else this.#stopWaiting();
  }
}
