// Connections that each keep an incomplete message. Reports how many are connected.

import { writeAll } from "../../../../lib/testing/messages.ts";
import { answerQuestions, connect } from "./load.ts";

/** The bytes of one message: as long as a message may be, but one. */
const LENGTH = 65_535;

const [count, hex] = [Number(Deno.args[1]), Deno.args[2]];
const unit = Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
const message = new Uint8Array(LENGTH);
for (let at = 0; at + unit.length <= LENGTH; at += unit.length) {
  message.set(unit, at);
}
let connected = 0;

/** Sends the message, and then waits until the server ends the connection. */
async function keep(): Promise<void> {
  const conn = await connect();
  connected++;
  try {
    await writeAll(conn, message);
    const buffer = new Uint8Array(256);
    while (await conn.read(buffer) !== null);
  } catch {
    // The server has closed it.
  }
  connected--;
}

/** Keeps one connection with such a message. If the server closes it, connects again. */
async function keepOn(): Promise<never> {
  for (;;) {
    await keep().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

for (let i = 0; i < count; i++) void keepOn();
await answerQuestions(() => connected);
