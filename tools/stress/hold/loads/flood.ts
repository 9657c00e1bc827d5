// Ten clients that pipeline as fast as they can, 256 requests per write. Reports
// how many answers they received.

import { STUDENT } from "../../../../clienthelper.ts";
import { encode, writeAll } from "../../../../lib/testing/messages.ts";
import { answerQuestions, connect } from "./load.ts";

const CLIENTS = 10;
const BATCH = encode(Array(256).fill(STUDENT));
const ANSWER = encode([1]).length;

let bytes = 0;

async function flood(conn: Deno.TcpConn): Promise<never> {
  for (;;) await writeAll(conn, BATCH);
}

async function takeAnswers(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let count; (count = await conn.read(buffer)) !== null;) bytes += count;
  throw new Error("The server closed a client that reads its answers");
}

for (let i = 0; i < CLIENTS; i++) {
  const conn = await connect();
  void flood(conn);
  void takeAnswers(conn);
}
await answerQuestions(() => Math.floor(bytes / ANSWER));
