// A polite client: a request every 5 ms on one connection, and one on a fresh
// connection each time. Reports how long each took since the last report.

import { Client } from "../../../../client.ts";
import { STUDENT } from "../../../../clienthelper.ts";
import { FORMATS } from "../../../../lib/formats/formats.ts";
import { answerQuestions } from "./load.ts";
import { measure, takeReport } from "./measured.ts";

/** Milliseconds between two requests. */
const EVERY = 5;

const wire = FORMATS[Deno.args[1] as keyof typeof FORMATS];
const options = { port: Number(Deno.args[0]), wire, answerTimeout: 60 };
async function onFresh(): Promise<unknown> {
  const client = new Client(options);
  try {
    await client.connect();
    return await client.request(STUDENT);
  } finally {
    void client.close(); // no part of the latency
  }
}

/** Calls `request` at fixed times, although the one before may take longer. */
function regularly(request: () => Promise<void>): void {
  setInterval(() => void request(), EVERY);
}

const client = new Client(options);
await client.connect();
regularly(() => measure("same", () => client.request(STUDENT)));
regularly(() => measure("fresh", onFresh));
await answerQuestions(takeReport);
