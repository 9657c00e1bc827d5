// New students, one every 100 ms, each on a fresh connection. Reports how long each
// took since the last report.

import { Client } from "../../../../client.ts";
import { STUDENT } from "../../../../clienthelper.ts";
import { answerQuestions } from "./load.ts";
import { measure, takeReport } from "./measured.ts";

/** Milliseconds between two students. */
const EVERY = 100;

let sid = 1;

async function newStudent(): Promise<unknown> {
  const port = Number(Deno.args[0]);
  const client = new Client({ port, answerTimeout: 60 });
  try {
    await client.connect();
    return await client.request({ ...STUDENT, sid: sid++ });
  } finally {
    void client.close(); // no part of the latency
  }
}

setInterval(() => void measure("fresh", newStudent), EVERY);
await answerQuestions(takeReport);
