// Connections that each send a costly message again and again. Reports how many
// messages were answered.

import { writeAll } from "../../../../lib/testing/messages.ts";
import { costlyMessages } from "../../costliest/found.ts";
import { answerQuestions, connect } from "./load.ts";

const [count, which] = [Number(Deno.args[1]), Number(Deno.args[2])];
/** Whether each message comes on a fresh connection. */
const isFresh = Deno.args[3] === "fresh";
const message = costlyMessages()[which].bytes;
let answered = 0;

/** Sends messages on one connection, until the server closes it. */
async function send(): Promise<void> {
  using conn = await connect();
  const buffer = new Uint8Array(1024);
  await conn.read(buffer); // the greeting
  do {
    await writeAll(conn, message);
    if (await conn.read(buffer) === null) return;
    answered++;
  } while (!isFresh);
}

async function sendOn(): Promise<never> {
  for (;;) {
    await send().catch(() => {}); // the server has closed it
    await new Promise((resolve) => setTimeout(resolve));
  }
}

for (let i = 0; i < count; i++) void sendOn();
await answerQuestions(() => answered);
