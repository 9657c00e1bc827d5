/**
 * Idle clients, in a process of their own: `idle.ts SPEECH PORT CLIENTS DEPTH`.
 * Prints a line when all are connected. After a byte on stdin, each client sends
 * one burst of `DEPTH` requests, and then some one by one. Prints another line
 * when all are answered.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { writeAll } from "../../lib/testing/messages.ts";
import { type Speech, workload } from "./workload.ts";

/** Requests after the burst. Each is answered before the next is sent. */
const SINGLE = 8;
/** Clients that connect at the same time. */
const AT_ONCE = 100;

const [speech, ...numbers] = Deno.args;
const [port, clients, depth] = numbers.map(Number);
const { requests, answers, greets } = await workload(speech as Speech, depth);
const burst = concat(requests);
const buffer = new Uint8Array(65_536); // shared by all, since its content is not used

async function read(conn: Deno.TcpConn, bytes: number): Promise<void> {
  while (bytes > 0) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error("The server ended a connection");
    bytes -= count;
  }
}

async function connect(): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  if (greets) await read(conn, 1);
  return conn;
}

async function work(conn: Deno.TcpConn): Promise<void> {
  const due = answers.reduce((a, b) => a + b, 0);
  await Promise.all([writeAll(conn, burst), read(conn, due)]);
  for (let i = 0; i < SINGLE; i++) {
    await writeAll(conn, requests[0]);
    await read(conn, answers[0]);
  }
}

const conns: Deno.TcpConn[] = [];
while (conns.length < clients) {
  conns.push(...await Promise.all(Array.from({ length: AT_ONCE }, connect)));
}
console.log("connected");
await Deno.stdin.read(new Uint8Array(1));
for (let at = 0; at < clients; at += AT_ONCE) {
  await Promise.all(conns.slice(at, at + AT_ONCE).map(work));
}
console.log("worked");
await Deno.stdin.read(new Uint8Array(1));
