// A thousand clients that send a byte of a request every second. Reports how many
// are connected.

import { STUDENT } from "../../../../clienthelper.ts";
import { encode } from "../../../../lib/testing/messages.ts";
import { answerQuestions, connect } from "./load.ts";

const CLIENTS = 1000;
const REQUEST = encode([STUDENT]);

let connected = 0;

/** Reads the greeting, and then everything up to the end of the connection. */
async function watch(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64);
  await conn.read(buffer);
  connected++;
  // A client that stays for long enough gets an answer.
  while (await conn.read(buffer).catch(() => null) !== null);
  connected--;
}

const conns: Deno.TcpConn[] = [];
for (let i = 0; i < CLIENTS; i++) {
  const conn = await connect();
  void watch(conn);
  conns.push(conn);
}

// One after another, because independent clients do not send all at once.
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
