// Connections that send nothing. Reports how many are connected.

import { answerQuestions, connect } from "./load.ts";

const count = Number(Deno.args[1]);
/** Whether each connection is closed soon, and another one comes. */
const isRenewed = Deno.args[2] === "renewed";
let connected = 0;

async function stay(): Promise<void> {
  using conn = await connect();
  connected++;
  try {
    const buffer = new Uint8Array(256);
    await conn.read(buffer); // the greeting
    if (!isRenewed) { while (await conn.read(buffer) !== null); }
  } finally {
    connected--;
  }
}

async function stayOn(): Promise<never> {
  for (;;) {
    await stay().catch(() => {}); // the server has closed it
    await new Promise((resolve) => setTimeout(resolve, isRenewed ? 500 : 10));
  }
}

for (let i = 0; i < count; i++) void stayOn();
await answerQuestions(() => connected);
