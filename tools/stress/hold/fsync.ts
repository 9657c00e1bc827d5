/**
 * What waits until a commit is on the disk.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Client } from "../../../client.ts";
import { STUDENT } from "../../../clienthelper.ts";
import { counted } from "../../../lib/text.ts";
import { canTrace, Strace } from "../../processes/strace.ts";
import { allOf, atLeast, atMost, figuresOf, none } from "./figures.ts";
import { measureInvalid } from "./rosters/clients.ts";
import { orderOf } from "./rosters/commits.ts";
import {
  type RosterPlace,
  startServer,
  withRosterFile,
} from "./rosters/server.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { quantile } from "./statistics.ts";

/** How many requests the one client sends whose answers are traced. */
const REQUESTS = 200;
/** How long a commit takes on the slow disk, in milliseconds. */
const COMMIT = 30;
/** How many commits an answer may take: those under way and its own, and time on a busy machine. */
const COMMITS = 10;
/** In the time of how many commits the requests of all clients are answered at least once. */
const ROUND = 5;
/** How long each load is measured, in milliseconds, and how long with `--brief`. */
const MEASURED = 5000;
const MEASURED_BRIEF = 1000;

/** The loads: how many clients, and how many requests each keeps unanswered. */
const LOADS = [1, 20, 50].flatMap((clients) =>
  [1, 16].map((depth) => ({ clients, depth }))
);

/** Traces the commits of a roster in a file, and slows them down. */
export const fsync: Scenario = {
  name: "fsync",
  about:
    "an answer leaves after the commit is on the disk; and what all wait " +
    `for, if a commit takes ${COMMIT} ms`,
  needs: { name: "strace", isThere: canTrace },
  measure: (tell, stop, brief) =>
    withRosterFile(async (place) => [
      ...await traceOrder(place),
      ...await measureSlowDisk(place, tell, stop, brief),
    ]),
};

/** Lets one client send requests, and compares the order of the system calls. */
async function traceOrder(place: RosterPlace): Promise<Figure[]> {
  const file = `${place.folder}/trace`;
  await using server = await startServer(place);
  await using client = new Client({ port: place.port });
  await client.connect();
  const calls = "trace=fsync,fdatasync,sendto,sendmsg,write,writev";
  {
    const args = ["-yy", "-o", file, "-e", calls];
    await using _strace = await Strace.attach(server.pid, args);
    for (let sid = 0; sid < REQUESTS; sid++) {
      await client.request({ ...STUDENT, sid });
    }
  }
  const { answers, early } = orderOf(await Deno.readTextFile(file));
  return [
    allOf("answers that were traced", answers, REQUESTS),
    none("answers before their commit was on the disk", early),
  ];
}

/** Measures each load on a disk whose commits are slow. */
async function measureSlowDisk(
  place: RosterPlace,
  tell: (line: string) => void,
  stop: AbortSignal,
  brief: boolean,
): Promise<Figure[]> {
  await using server = await startServer(place);
  const args = ["-o", "/dev/null", "--seccomp-bpf", "-e"];
  const slow = `inject=fsync,fdatasync:delay_enter=${COMMIT * 1000}`;
  await using _strace = await Strace.attach(
    server.pid,
    [...args, "trace=fsync,fdatasync", "-e", slow],
  );
  const figures: Figure[] = [];
  for (const load of LOADS) {
    const seconds = (brief ? MEASURED_BRIEF : MEASURED) / 1000;
    figures.push(...await measureLoad(place.port, load, seconds, stop));
    tell(`${counted(load.clients, "client")}, depth ${load.depth}: measured`);
  }
  return figures;
}

async function measureLoad(
  port: number,
  { clients, depth }: typeof LOADS[number],
  seconds: number,
  stop: AbortSignal,
): Promise<Figure[]> {
  const over = new AbortController();
  const loads = Array.from(
    { length: clients },
    (_, i) => load(port, i, depth, over.signal),
  );
  const invalid = measureInvalid(port, over.signal);
  try {
    await delay(seconds * 1000, { signal: stop });
  } finally {
    over.abort();
  }
  const latencies = (await Promise.all(loads)).flat();
  const others = await invalid;
  const most = COMMITS * COMMIT;
  const least = 1000 * clients * depth / (ROUND * COMMIT);
  return figuresOf(`${counted(clients, "client")}, depth ${depth}`, [
    atMost("answers, p50", quantile(latencies, 0.5), most, "ms"),
    atMost("answers, p99", quantile(latencies, 0.99), most, "ms"),
    atLeast("answers a second", latencies.length / seconds, least, ""),
    atMost("answers to invalid, p50", quantile(others, 0.5), most, "ms"),
    atMost("answers to invalid, p99", quantile(others, 0.99), most, "ms"),
  ]);
}

/** Sends batches of `depth` students. Resolves to the latency of each answer before the end, in milliseconds. */
async function load(
  port: number,
  number: number,
  depth: number,
  over: AbortSignal,
): Promise<number[]> {
  const latencies: number[] = [];
  await using client = new Client({ port });
  await client.connect();
  const request = async (sid: string) => {
    const began = performance.now();
    const answer = await client.request({ ...STUDENT, sid });
    if (answer !== 1) throw new Error(`Refused: ${JSON.stringify(answer)}`);
    if (!over.aborted) latencies.push(performance.now() - began);
  };
  while (!over.aborted) {
    await Promise.all(
      Array.from({ length: depth }, (_, i) => request(`${number}-${i}`)),
    );
  }
  return latencies;
}
