/**
 * More clients than a server takes at once.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import type { Address } from "../../../lib/net.ts";
import { STUDENT } from "../../../clienthelper.ts";

/** Clients that all connect at once, and then wait to be greeted. */
export class Crowd implements AsyncDisposable {
  /** Those that were greeted, in that order, also if they have left. */
  readonly greeted: Client[] = [];
  #clients: Client[];
  #failed = 0;
  #left = 0;
  #onChange = () => {};

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
    } catch {
      this.#failed++; // it shows by not being among the greeted
    }
    this.#onChange();
  }

  /** How many may still be greeted. */
  get waiting(): number {
    return this.#clients.length - this.greeted.length - this.#failed;
  }

  /** Waits until so many have been greeted, or nobody waits any more. */
  greetings(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = () => {
        if (this.greeted.length >= count || this.waiting === 0) resolve();
      };
      this.#onChange();
    });
  }

  /** Has each that is being served send a request. Resolves to how many were acknowledged. */
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
   * Has so many of the served leave, and waits until as many were greeted in
   * their place. Resolves to the milliseconds that it took.
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

  /** Has them all leave. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}
