/**
 * More clients than a server takes at once.
 *
 * @module
 */

import { Client } from "../../client.ts";
import type { Address } from "../../lib/net.ts";
import { ALICE } from "../../tests/peers.ts";

/** Clients that all connect at once, and then wait to be greeted. */
export class Crowd implements AsyncDisposable {
  /** Those that were greeted, in that order, also if they have left. */
  readonly greeted: Client[] = [];
  #clients: Client[];
  #left = 0;
  #onGreeting = () => {};

  /** Has so many clients connect. */
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
      this.#onGreeting();
    } catch {
      // It shows by not being among the greeted.
    }
  }

  /** Waits until so many have been greeted. */
  greetings(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onGreeting = () => {
        if (this.greeted.length >= count) resolve();
      };
      this.#onGreeting();
    });
  }

  /** Has each that is being served send a request. Resolves to how many were acknowledged. */
  async answers(): Promise<number> {
    const served = this.greeted.slice(this.#left);
    const answers = await Promise.allSettled(
      served.map((client) => client.request(ALICE)),
    );
    return answers.filter((answer) =>
      answer.status === "fulfilled" && answer.value === 1
    ).length;
  }

  /**
   * Has so many of the served leave, and as many greeted in their place, or
   * all that wait if they are fewer. Resolves to the milliseconds that it took.
   */
  async replace(count: number): Promise<number> {
    const { greeted } = this;
    const all = Math.min(greeted.length + count, this.#clients.length);
    const leaving = greeted.slice(this.#left, this.#left + count);
    this.#left += leaving.length;
    const begin = performance.now();
    for (const client of leaving) void client.close();
    await this.greetings(all);
    return performance.now() - begin;
  }

  /** Has them all leave. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}
