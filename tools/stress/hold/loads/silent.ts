// Connections that send nothing. It is at work when all are connected. Reports how
// many are.

import { answerQuestions, connect } from "./load.ts";

/** How long a connection stays that is renewed, in milliseconds. */
const LIFETIME = 5000;

const count = Number(Deno.args[1]);
/** Whether each connection is closed some time later, and another one comes. */
const isRenewed = Deno.args[2] === "renewed";
let connected = 0;

/** Connects, and stays until the server or the lifetime ends the connection. */
async function stay(onConnected: () => void): Promise<void> {
  using conn = await connect();
  connected++;
  onConnected();
  const closing = isRenewed
    ? setTimeout(() => conn.close(), Math.random() * LIFETIME)
    : undefined;
  try {
    const buffer = new Uint8Array(256);
    while (await conn.read(buffer) !== null);
  } finally {
    clearTimeout(closing);
    connected--;
  }
}

async function stayOn(onConnected: () => void): Promise<never> {
  for (;;) {
    await stay(onConnected).catch(() => {}); // it is closed
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

for (let i = 0; i < count; i++) {
  await new Promise<void>((resolve) => void stayOn(resolve));
}
await answerQuestions(() => connected);
