/**
 * A load on one server, in a process of its own: `load.ts SPEECH PORT CLIENTS
 * DEPTH WARM_UP MEASURED [RATE]`, times in milliseconds. Prints one line of JSON.
 *
 * Each client sends `DEPTH` requests, waits for as many answers, and again: a
 * closed loop. With a `RATE`, so many requests leave a second, one at a time,
 * from one client after the other, whether or not there were answers: an open loop.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { concat } from "@std/bytes/concat";
import { writeAll } from "../../lib/testing/messages.ts";
import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import { quantile } from "../../tools/stress/hold/statistics.ts";
import { type Speech, STUDENTS, workload } from "./workload.ts";

/** What a load saw. */
export interface Seen {
  /** Requests that were answered while it was measured. */
  requests: number;
  /** Seconds of it. */
  seconds: number;
  /** Requests that were answered in all. */
  total: number;
  /** Seconds of processor time that the load took. */
  processor: number;
  /**
   * Milliseconds from a batch to its last answer: half, 99 and 99.9 of 100 were
   * not longer. In an open loop, from when a request was due, also if the load
   * was late with it: a server that stops for a while shows in all the requests
   * that were due meanwhile, and not only in the one that waited
   * ("coordinated omission", Gil Tene).
   */
  p50: number;
  p99: number;
  p999: number;
}

/** A batch of requests, sent as one. */
interface Batch {
  bytes: Uint8Array;
  /** Bytes of all its answers. */
  answers: number;
}

const [speech, ...numbers] = Deno.args;
const [port, clients, depth, warmUp, measured, rate] = numbers.map(Number);

/** Students of each client: its share, but one batch at least. */
const share = Math.max(depth, Math.floor(STUDENTS / clients / depth) * depth);
const { requests: all, answers, greets } = await workload(
  speech as Speech,
  Math.min(STUDENTS, share * clients),
);

/** What one client sends: all its students, in batches. */
function batchesOf(client: number): Batch[] {
  const batches: Batch[] = [];
  for (let i = 0; i < share; i += depth) {
    const at = (client * share + i) % (all.length - depth + 1);
    batches.push({
      bytes: concat(all.slice(at, at + depth)),
      answers: answers.slice(at, at + depth).reduce((a, b) => a + b, 0),
    });
  }
  return batches;
}

let answered = 0;
let measuring = false;
let over = false;
/** When measuring began and ended, on the clock of `performance.now()`. */
let [from, to] = [Infinity, Infinity];
const times: number[] = [];

/** Notes an answer to what was sent, or due, at a time. */
function note(requests: number, began: number, counts: boolean): void {
  answered += requests;
  if (counts) times.push(performance.now() - began);
}

/** A client's end of a connection. */
class Peer {
  #conn: Deno.TcpConn;
  // Small where there are many, since each has one.
  #buffer = new Uint8Array(clients > 1000 ? 1024 : 65_536);

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async connect(): Promise<Peer> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    const peer = new Peer(conn);
    if (greets) await peer.read();
    return peer;
  }

  /** Resolves to how many bytes came. */
  async read(): Promise<number> {
    const count = await this.#conn.read(this.#buffer);
    if (count === null) throw new Error("The server ended a connection");
    return count;
  }

  write(bytes: Uint8Array): Promise<void> {
    return writeAll(this.#conn, bytes);
  }

  close(): void {
    this.#conn.close();
  }
}

/** Sends batch after batch, each once the one before it was answered. */
async function closedLoop(peer: Peer, batches: readonly Batch[]) {
  for (let turn = 0; !over; turn++) {
    const { bytes, answers: due } = batches[turn % batches.length];
    const began = performance.now();
    // The answers are read while the batch is written: a peer may not take
    // more requests before its answers are taken.
    const writing = peer.write(bytes);
    for (let left = due; left > 0;) left -= await peer.read();
    await writing;
    note(depth, began, measuring);
  }
  peer.close();
}

/** What a client in an open loop has sent: when it was due, and the bytes of its answer. */
type Sent = { due: number; answer: number };

/** Reads the answers to what was sent, in its order, until the connection is closed. */
async function readAnswers(peer: Peer, sent: readonly Sent[]): Promise<never> {
  let bytes = 0;
  for (let next = 0;;) {
    bytes += await peer.read();
    for (; next < sent.length && bytes >= sent[next].answer; next++) {
      bytes -= sent[next].answer;
      const { due } = sent[next];
      // All that were due while it was measured, however late their answers are.
      note(1, due, due >= from && due < to);
    }
  }
}

/** Sends one request after the other, each when it is due, by one peer after the other. */
async function openLoop(peers: readonly Peer[]) {
  const sent: Sent[][] = peers.map(() => []);
  const writing = peers.map(() => Promise.resolve());
  let closed = false;
  for (const [i, peer] of peers.entries()) {
    void readAnswers(peer, sent[i]).catch((error) => {
      if (!closed) throw error; // else it is that of the close
    });
  }
  const began = performance.now();
  let nth = 0;
  while (!over) {
    const now = performance.now();
    for (let due; (due = began + nth * 1000 / rate) <= now; nth++) {
      const i = nth % peers.length;
      const { [nth % all.length]: request } = all;
      sent[i].push({ due, answer: answers[nth % all.length] });
      writing[i] = writing[i].then(() => peers[i].write(request));
    }
    // A timer is late by up to a millisecond. This load has a core of its own.
    await new Promise<void>((next) => setImmediate(next));
  }
  while (answered < nth) await delay(1);
  closed = true;
  for (const peer of peers) peer.close();
}

const peers: Peer[] = [];
while (peers.length < clients) peers.push(await Peer.connect());
const loads = peers.map((_, client) => rate ? [] : batchesOf(client));
const running = rate
  ? openLoop(peers)
  : Promise.all(peers.map((peer, i) => closedLoop(peer, loads[i])));
await delay(warmUp);
measuring = true;
const [before, used] = [answered, processorSeconds(Deno.pid)];
from = performance.now();
await delay(measured);
measuring = false;
to = performance.now();
const seconds = (to - from) / 1000;
const requests = answered - before;
const processor = processorSeconds(Deno.pid) - used;
over = true;
await running;
const seen: Seen = {
  requests,
  seconds,
  total: answered,
  processor,
  p50: quantile(times, 0.5),
  p99: quantile(times, 0.99),
  p999: quantile(times, 0.999),
};
console.log(JSON.stringify(seen));
