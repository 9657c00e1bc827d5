/**
 * Clients that send requests at a steady, low rate, and their latencies.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Client } from "../../../client.ts";
import type { Address } from "../../../lib/net.ts";
import { STUDENT } from "../../../clienthelper.ts";

/** Milliseconds between two requests of one client. */
const EVERY = 10;

/** Clients that each send a request every 10 ms. */
export class PoliteClients implements AsyncDisposable {
  #clients: readonly Client[];

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  /** Connects `count` clients, and waits for their greetings. They send nothing yet. */
  static async connect(
    { hostname, port }: Address,
    count: number,
  ): Promise<PoliteClients> {
    const clients = Array.from(
      { length: count },
      () => new Client({ host: hostname, port }),
    );
    await Promise.all(clients.map((client) => client.connect()));
    return new PoliteClients(clients);
  }

  /** Sends requests for `seconds`. Resolves to the latency of each, in milliseconds. */
  async latencies(seconds: number, stop: AbortSignal): Promise<number[]> {
    const count = seconds * 1000 / EVERY;
    const each = this.#clients.map(async (client, i) => {
      // Spread over time, because independent clients do not send all at once.
      await delay(i * EVERY / this.#clients.length, { signal: stop });
      return await requestRegularly(client, count, stop);
    });
    return (await Promise.all(each)).flat();
  }

  /** Closes all clients. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/**
 * Sends requests at fixed times, whether or not the last answer has arrived. A
 * client that waited would send fewer requests to a slow server, and so hide that
 * it is slow.
 */
async function requestRegularly(
  client: Client,
  count: number,
  stop: AbortSignal,
): Promise<number[]> {
  const answers: Promise<number>[] = [];
  const begin = performance.now();
  while (answers.length < count) {
    const answer = timed(client);
    answer.catch(() => {}); // a rejection is handled below
    answers.push(answer);
    const next = begin + answers.length * EVERY;
    await delay(Math.max(next - performance.now(), 0), { signal: stop });
  }
  return await Promise.all(answers);
}

async function timed(client: Client): Promise<number> {
  const sent = performance.now();
  const answer = await client.request(STUDENT);
  if (answer instanceof Object) throw new Error("A request was refused");
  return performance.now() - sent;
}
