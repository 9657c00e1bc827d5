// Whoever uses the board, at the port of the second argument: a class of 500 that
// arrives in 10 s while pages are open, or a flood of connections. Reports how many
// students came, or connections were made.

import { delay } from "@std/async/delay";
import { Peer } from "../../../../lib/testing/peer.ts";
import { answerQuestions } from "./load.ts";

const STUDENTS = 500;
const SECONDS = 10;
const PAGES = 20;
/** Connections of the flood that are open at the same time. */
const AT_ONCE = 300;

const [port, boardPort] = [Number(Deno.args[0]), Number(Deno.args[1])];
const hostname = "127.0.0.1";
const encoder = new TextEncoder();
let count = 0;

/** Asks for a path, and reads until the board ends the connection. */
async function read(path: string): Promise<void> {
  const conn = await Deno.connect({ hostname, port: boardPort });
  try {
    const request = `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
    await conn.write(encoder.encode(request));
    const bytes = new Uint8Array(65_536);
    while (await conn.read(bytes) !== null);
  } finally {
    conn.close();
  }
}

async function arrive(): Promise<void> {
  for (let page = 0; page < PAGES; page++) void read("/events");
  const began = performance.now();
  for (let i = 0; i < STUDENTS; i++) {
    const due = began + i * 1000 * SECONDS / STUDENTS;
    await delay(Math.max(0, due - performance.now()));
    const peer = await Peer.greeted({ hostname, port });
    await peer.send({
      student_name: `Bob Chen ${i}`,
      github_username: "bchen",
      sid: 100_000_000 + i,
    });
    if (await peer.receive() === 1) count++;
  }
}

async function flood(): Promise<never> {
  for (;;) {
    count++;
    await read("/").catch(() => delay(1));
  }
}

if (Deno.args[2] === "class") void arrive();
else for (let i = 0; i < AT_ONCE; i++) void flood();
await answerQuestions(() => count);
