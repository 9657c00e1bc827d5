// A thousand clients that send a byte of a request every second. Tells how many
// are connected.

import { STUDENT } from "../../../../clienthelper.ts";
import { encode } from "../../../../lib/testing/messages.ts";
import { answerQuestions, connect } from "./load.ts";

const CLIENTS = 1000;
const REQUEST = encode([STUDENT]);

let connected = 0;

/** Takes the greeting, and waits for whatever else may come. */
async function watch(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64);
  await conn.read(buffer);
  connected++;
  // An answer, if the client is there for long enough.
  while (await conn.read(buffer).catch(() => null) !== null);
  connected--;
}

const conns: Deno.TcpConn[] = [];
for (let i = 0; i < CLIENTS; i++) {
  const conn = await connect();
  void watch(conn);
  conns.push(conn);
}

// One after another, not all at once: they know nothing of each other.
let turn = 0;
const began = performance.now();
setInterval(async () => {
  for (const due = performance.now() - began; turn < due; turn++) {
    const at = Math.floor(turn / CLIENTS) % REQUEST.length;
    const byte = REQUEST.subarray(at, at + 1);
    await conns[turn % CLIENTS].write(byte).catch(() => {}); // it was closed
  }
}, 1);
await answerQuestions(() => connected);
