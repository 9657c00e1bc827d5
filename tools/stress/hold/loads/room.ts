// The members of a room. Some write, and all read. Reports what they heard when
// all messages are there, or when none has come for a while.

import { delay } from "@std/async/delay";
import { type Heard, LENGTH, MEMBERS, MESSAGES } from "../members.ts";
import { WRITERS } from "../members.ts";
import { writeAll } from "../../../../lib/testing/messages.ts";
import { quantile } from "../statistics.ts";
import { answerQuestions, connect } from "./load.ts";

/** How many messages one writer writes at once, and how often, in milliseconds. */
const AT_ONCE = 10;
const PAUSE = 1000;
/** How long to wait for a further message, in milliseconds. */
const SILENCE = 10_000;

const encoder = new TextEncoder();
const began = performance.now();
let received = 0;
let wrong = 0;
let lastAt = began;

/** Makes a message: the writer, its next number, and the time in microseconds. */
function message(writer: number, number: number): Uint8Array {
  const time = Math.round((performance.now() - began) * 1000);
  const fields = [writer, number, time].map((it) => `${it}`.padStart(10, "0"));
  return encoder.encode(fields.join("").padEnd(LENGTH - 1, ".") + "\n");
}

/** Reads a field of ten digits. */
function field(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 10; i++) value = value * 10 + bytes[i] - 0x30;
  return value;
}

/** Reads until the connection ends. Adds the latency of each message, in milliseconds. */
async function listen(
  conn: Deno.TcpConn,
  latencies: Float32Array,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  const next = Array(WRITERS).fill(0);
  let kept = 0;
  let heard = 0;
  for (;;) {
    const count = await conn.read(buffer.subarray(kept)).catch(() => null);
    if (count === null) return;
    lastAt = performance.now();
    const end = kept + count;
    let at = 0;
    for (; at + LENGTH <= end; at += LENGTH) {
      const writer = field(buffer, at);
      if (field(buffer, at + 10) !== next[writer]++) wrong++;
      latencies[heard++] = lastAt - began - field(buffer, at + 20) / 1000;
      received++;
    }
    kept = end - at;
    buffer.copyWithin(0, at, end);
  }
}

/** Writes one writer's messages, some at a time. */
async function write(conn: Deno.TcpConn, writer: number): Promise<void> {
  // Spread over time, because independent writers do not write all at once.
  await delay(writer * PAUSE / WRITERS);
  for (let number = 0; number < MESSAGES / WRITERS;) {
    const burst: number[] = [];
    for (let i = 0; i < AT_ONCE; i++) burst.push(...message(writer, number++));
    await writeAll(conn, Uint8Array.from(burst));
    await delay(PAUSE);
  }
}

const silent = Number(Deno.args[1]);
for (let i = 0; i < silent; i++) await connect();
const latencies: Float32Array[] = [];
const conns: Deno.TcpConn[] = [];
for (let i = 0; i < MEMBERS; i++) {
  const conn = await connect();
  const greeting = new Uint8Array(LENGTH);
  for (let at = 0; at < LENGTH;) {
    at += await conn.read(greeting.subarray(at)) ?? LENGTH;
  }
  conns.push(conn);
  // Made once, so that this process collects no garbage while it measures.
  latencies.push(new Float32Array(MESSAGES));
  void listen(conn, latencies[i]);
}
await Promise.all(conns.slice(0, WRITERS).map(write));
const all = MEMBERS * MESSAGES;
while (received < all && performance.now() - lastAt < SILENCE) await delay(10);
const heard: Heard = {
  received,
  wrong,
  p99: latencies.map((each) => quantile([...each], 0.99)),
  seconds: (performance.now() - began) / 1000,
};
await answerQuestions(() => heard);
