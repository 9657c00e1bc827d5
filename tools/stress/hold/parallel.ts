/**
 * Requests of one client that are processed in parallel.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import { lines } from "../../../lib/formats/formats.ts";
import { allOf, atMost } from "./figures.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { applicationServer, type RunningServer } from "./servers.ts";
import { median } from "./statistics.ts";

/** How many requests are sent at once. The server processes 16 of them at a time. */
const REQUESTS = 64;
/** How long each request takes, in milliseconds. */
const REQUEST_TIME = 10;
/** How often it is measured. */
const ROUNDS = 20;
/** When the first and the last answer must be there, in milliseconds. */
const FIRST = 30;
const LAST = 100;

/** Parallel requests are answered in order, soon, and also when the server shuts down meanwhile. */
export const parallel: Scenario = {
  name: "parallel",
  about: `${REQUESTS} requests of ${REQUEST_TIME} ms each, 16 at a time: ` +
    "answered in order, also at SIGTERM",
  async measure(_tell, stop): Promise<Figure[]> {
    const first: number[] = [];
    const last: number[] = [];
    let inOrder = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await using server = await applicationServer("slow", stop);
      const answers = await ask(server);
      first.push(answers[0].after);
      last.push(answers[REQUESTS - 1].after);
      if (answers.every(({ number }, i) => number === i)) inOrder++;
    }
    await using server = await applicationServer("slow", stop);
    const answers = await ask(server, () => server.process.signal("SIGTERM"));
    return [
      atMost("first answer after", median(first), FIRST, "ms"),
      atMost("last answer after", median(last), LAST, "ms"),
      allOf("rounds with all answers in order", inOrder, ROUNDS),
      allOf("answers with SIGTERM in the middle", answers.length, REQUESTS),
    ];
  },
};

/** An answer: its place among the requests, and when it came, in milliseconds. */
interface Answer {
  number: number;
  after: number;
}

/** Sends all requests at once. Calls `onFirst` at the first answer. Resolves to the answers, as they came. */
async function ask(
  { address }: RunningServer,
  onFirst?: () => void,
): Promise<Answer[]> {
  await using client = new Client({ port: address.port, wire: lines });
  await client.connect();
  const answers: Answer[] = [];
  const began = performance.now();
  const requests = Array.from({ length: REQUESTS }, async (_, number) => {
    await client.request(`${REQUEST_TIME}`);
    if (answers.push({ number, after: performance.now() - began }) === 1) {
      onFirst?.();
    }
  });
  await Promise.allSettled(requests); // a request without an answer is rejected
  return answers;
}
