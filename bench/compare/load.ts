/**
 * A load on one server, in a process of its own: `load.ts SPEECH PORT CLIENTS
 * DEPTH WARM_UP MEASURED`, times in milliseconds. Prints one line of JSON.
 *
 * Each client sends `DEPTH` requests, waits for as many answers, and again.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { concat } from "../../lib/bytes.ts";
import { writeAll } from "../hold/loads/load.ts";
import { processorSeconds } from "../hold/processes.ts";
import { quantile } from "../hold/statistics.ts";
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
  /** Milliseconds from a batch to its last answer: half, 99 and 99.9 of 100 were not longer. */
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
const [port, clients, depth, warmUp, measured] = numbers.map(Number);

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
const times: number[] = [];

async function run(client: number): Promise<() => Promise<void>> {
  const batches = batchesOf(client);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay();
  const buffer = new Uint8Array(65_536);
  if (greets) await conn.read(buffer);
  return async () => {
    for (let turn = 0; !over; turn++) {
      const { bytes, answers: due } = batches[turn % batches.length];
      const began = performance.now();
      // The answers are read while the batch is written: a peer may not take
      // more requests before its answers are taken.
      const writing = writeAll(conn, bytes);
      for (let left = due; left > 0;) {
        const count = await conn.read(buffer);
        if (count === null) throw new Error("The server ended a connection");
        left -= count;
      }
      await writing;
      answered += depth;
      if (measuring) times.push(performance.now() - began);
    }
    conn.close();
  };
}

const starts = [];
for (let client = 0; client < clients; client++) starts.push(await run(client));
const running = starts.map((start) => start());
await delay(warmUp);
measuring = true;
const [before, used] = [answered, processorSeconds(Deno.pid)];
const began = performance.now();
await delay(measured);
measuring = false;
const seconds = (performance.now() - began) / 1000;
const requests = answered - before;
const processor = processorSeconds(Deno.pid) - used;
over = true;
await Promise.all(running);
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
