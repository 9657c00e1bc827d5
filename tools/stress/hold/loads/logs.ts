// One client that makes the server print as much as it can, with one connection at
// a time. The second argument names what it does. Reports how often it has sent it.

import { writeAll } from "../../../../lib/testing/messages.ts";
import { LOUD } from "../loud_clients.ts";
import { answerQuestions, connect } from "./load.ts";

const { bytes, repeats, resets, before } = LOUD[Deno.args[1]];
let sent = 0;

/** Drops answers until the connection ends. */
async function dropAnswers(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  while (await conn.read(buffer).catch(() => null) !== null);
}

/** Resolves when the server has answered all that is sent before the loud part. */
async function prepare(): Promise<void> {
  if (!before) return;
  using conn = await connect();
  const reading = dropAnswers(conn);
  await writeAll(conn, before());
  await conn.closeWrite();
  await reading;
}

async function once(): Promise<void> {
  using conn = await connect();
  // The server reads nothing from a client that is gone before its greeting is sent.
  if (!resets) await conn.read(new Uint8Array(256));
  if (repeats) void dropAnswers(conn);
  do {
    await writeAll(conn, bytes);
    sent++;
  } while (repeats);
}

async function withoutEnd(): Promise<never> {
  for (;;) {
    // An error: the server has closed it, or the machine has no port left for the moment.
    await once().catch(() => new Promise((resolve) => setTimeout(resolve, 1)));
  }
}

await prepare();
void withoutEnd();
await answerQuestions(() => sent);
