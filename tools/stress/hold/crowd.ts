/**
 * More clients than a server can serve at once.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import type { Address } from "../../../lib/net.ts";
import { STUDENT } from "../../../clienthelper.ts";

/** Clients that connect at the same time, and then wait for their greetings. */
export class Crowd implements AsyncDisposable {
  /** The clients that were greeted, in order. Includes those that have left. */
  readonly greeted: Client[] = [];
  #clients: Client[];
  #failed = 0;
  #left = 0;
  #onChange = () => {};

  /** Connects `count` clients. */
  constructor({ hostname, port }: Address, count: number) {
    this.#clients = Array.from(
      { length: count },
      () => new Client({ host: hostname, port }),
    );
    for (const client of this.#clients) void this.#connect(client);
  }

  async #connect(client: Client): Promise<void> {
    try {
      await client.connect();
      this.greeted.push(client);
    } catch {
      this.#failed++; // it is missing from `greeted`
    }
    this.#onChange();
  }

  /** How many clients still wait for their greeting. */
  get waiting(): number {
    return this.#clients.length - this.greeted.length - this.#failed;
  }

  /** Waits until `count` clients have been greeted, or none waits any more. */
  greetings(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        if (this.greeted.length >= count || this.waiting === 0) resolve();
      };
      this.#onChange();
    });
  }

  /** Sends a request from each client being served. Resolves to how many were acknowledged. */
  async answers(): Promise<number> {
    const served = this.greeted.slice(this.#left);
    const answers = await Promise.allSettled(
      served.map((client) => client.request(STUDENT)),
    );
    return answers.filter((answer) =>
      answer.status === "fulfilled" && answer.value === 1
    ).length;
  }

  /**
   * Closes `count` of the clients being served, and waits until as many others
   * are greeted in their place. Resolves to how long that took, in milliseconds.
   */
  async replace(count: number): Promise<number> {
    const { greeted } = this;
    const all = greeted.length + count;
    const leaving = greeted.slice(this.#left, this.#left + count);
    this.#left += leaving.length;
    const begin = performance.now();
    for (const client of leaving) void client.close();
    await this.greetings(all);
    return performance.now() - begin;
  }

  /** Closes all clients. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}
