/**
 * A load on one server, in a process of its own: `load.ts SPEECH PORT PID CLIENTS
 * DEPTH WARM_UP MEASURED [RATE]`, with the server's process id, and times in
 * milliseconds. Prints one line of JSON.
 *
 * In a closed loop, each client sends `DEPTH` requests, waits for as many answers,
 * and repeats. With a `RATE`, the load is an open loop: it sends that many requests
 * per second, one at a time, from one client after the other, and does not wait for
 * answers.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { concat } from "@std/bytes/concat";
import { writeAll } from "../../lib/testing/messages.ts";
import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import { quantile } from "../../tools/stress/hold/statistics.ts";
import { type Speech, STUDENTS, workload } from "./workload.ts";

/** The results of a load. */
export interface Seen {
  /** Requests that were answered during the measurement. */
  requests: number;
  /** Length of the measurement, in seconds. */
  seconds: number;
  /** Processor time of the load during the measurement, in seconds. */
  processor: number;
  /** Processor time of the server during the measurement, in seconds. */
  serverProcessor: number;
  /**
   * Milliseconds from sending a batch to its last answer: the 50th, 99th and 99.9th
   * percentiles. In an open loop, the time begins when a request is due, even if the
   * load sends it late. So a pause of the server delays all requests that are due
   * during it, and not only the one that waits ("coordinated omission", Gil Tene).
   */
  p50: number;
  p99: number;
  p999: number;
}

/** A batch of requests, sent together. */
interface Batch {
  bytes: Uint8Array;
  /** The length of all its answers, in bytes. */
  answers: number;
}

const [speech, ...numbers] = Deno.args;
const [port, pid, clients, depth, warmUp, measured, rate] = numbers
  .map(Number);

/** Students of each client: an equal share, but at least one batch. */
const share = Math.max(depth, Math.floor(STUDENTS / clients / depth) * depth);
const { requests: all, answers, greets } = await workload(
  speech as Speech,
  Math.min(STUDENTS, share * clients),
);

/** Returns all students of one client, in batches. */
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

/** Records answered requests, and their latency since `began` if it counts. */
function note(requests: number, began: number, counts: boolean): void {
  answered += requests;
  if (counts) times.push(performance.now() - began);
}

/** A client's end of a connection. */
class Peer {
  #conn: Deno.TcpConn;
  // Small if there are many clients, since each has a buffer.
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

  /** Reads once. Resolves to the number of bytes. */
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

/** Sends one batch after another. Each is answered before the next is sent. */
async function closedLoop(peer: Peer, batches: readonly Batch[]) {
  for (let turn = 0; !over; turn++) {
    const { bytes, answers: due } = batches[turn % batches.length];
    const began = performance.now();
    // Reads answers while it writes the batch: a server may accept no more
    // requests until its answers are read.
    const writing = peer.write(bytes);
    for (let left = due; left > 0;) left -= await peer.read();
    await writing;
    note(depth, began, measuring);
  }
  peer.close();
}

/**
 * A request sent in an open loop: when it was due, and the length of its answer
 * in bytes.
 */
type Sent = { due: number; answer: number };

/** Reads the answers to the requests, in order, until the connection is closed. */
async function readAnswers(peer: Peer, sent: readonly Sent[]): Promise<never> {
  let bytes = 0;
  for (let next = 0;;) {
    bytes += await peer.read();
    for (; next < sent.length && bytes >= sent[next].answer; next++) {
      bytes -= sent[next].answer;
      const { due } = sent[next];
      // Counts all requests due during the measurement, however late their answers.
      note(1, due, due >= from && due < to);
    }
  }
}

/** Sends each request when it is due, from one peer after the other. */
async function openLoop(peers: readonly Peer[]) {
  const sent: Sent[][] = peers.map(() => []);
  const writing = peers.map(() => Promise.resolve());
  let closed = false;
  for (const [i, peer] of peers.entries()) {
    void readAnswers(peer, sent[i]).catch((error) => {
      if (!closed) throw error; // after the close, an error is expected
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
    // Polls, since a timer can fire too late. This load has a core of its own.
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
const pids = [Deno.pid, pid];
const [before, used] = [answered, pids.map(processorSeconds)];
from = performance.now();
await delay(measured);
measuring = false;
to = performance.now();
const seconds = (to - from) / 1000;
const requests = answered - before;
const [processor, serverProcessor] = pids.map(processorSeconds)
  .map((after, i) => after - used[i]);
if (requests === 0) {
  throw new Error("No batch was answered during the measurement");
}
over = true;
await running;
const seen: Seen = {
  requests,
  seconds,
  processor,
  serverProcessor,
  p50: quantile(times, 0.5),
  p99: quantile(times, 0.99),
  p999: quantile(times, 0.999),
};
console.log(JSON.stringify(seen));
