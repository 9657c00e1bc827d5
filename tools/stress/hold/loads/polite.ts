// A polite client: a request every 5 ms on one connection, and one on a fresh
// connection each time. Reports how long each took since the last report.

import { Client } from "../../../../client.ts";
import { STUDENT } from "../../../../clienthelper.ts";
import type { Polite } from "../attack.ts";
import { answerQuestions } from "./load.ts";

/** Milliseconds between two requests. */
const EVERY = 5;

const options = { port: Number(Deno.args[0]), answerTimeout: 60 };
let measured: Polite = { same: [], fresh: [], failed: 0 };

/** Measures one request. Its latency goes to the list that is current at its end. */
async function measure(
  where: "same" | "fresh",
  request: () => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  const answer = await request().catch(() => undefined);
  measured[where].push(performance.now() - began);
  if (answer !== 1) measured.failed++;
}

async function onFresh(): Promise<unknown> {
  await using client = new Client(options);
  await client.connect();
  return await client.request(STUDENT);
}

/** Calls `request` at fixed times, although the one before may take longer. */
function regularly(request: () => Promise<void>): void {
  setInterval(() => void request(), EVERY);
}

const client = new Client(options);
await client.connect();
regularly(() => measure("same", () => client.request(STUDENT)));
regularly(() => measure("fresh", onFresh));
await answerQuestions(() => {
  const report = measured;
  measured = { same: [], fresh: [], failed: 0 };
  return report;
});
