/**
 * A client that sends requests without end, and never reads an answer.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { showAddress } from "../../lib/net.ts";
import type { Child } from "./child.ts";
import { atMost, mustBe } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import type { NeverRead } from "./loads/never_reads.ts";
import { PoliteClients } from "./polite.ts";
import { residentBytes } from "./processes.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { askedServer, type RunningServer } from "./servers.ts";
import { quantile } from "./statistics.ts";

/** Seconds for which the server is watched. */
const LONGEST = 60;
/** Milliseconds between two looks at the server. */
const LOOK = 100;
const MEBIBYTE = 2 ** 20;
/** Bytes by which the server may grow: what it may queue, and 10 MiB of whatever else. */
const GROWTH = DEFAULT_LIMITS.maxQueuedBytes + 10 * MEBIBYTE;
/** Seconds of flood before the measured one: the code is compiled, the heap has its size. */
const WARM_UP = 5;
/** Milliseconds that 99 of 100 answers to another client may take. */
const P99 = 10;

/** A client that never reads costs the server little, and is closed in the end. */
export const neverReads: Scenario = {
  name: "never-reads",
  about: "a client sends without end and never reads: bounded, then closed",
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    // The lab's answers are 5 bytes; those of an echo are as long as its requests.
    for (const handler of ["student", "echo"] as const) {
      tell(`the ${handler} handler, for ${LONGEST} s`);
      await using server = await askedServer(handler, stop);
      const found = await neverReading(server, stop);
      tell(`it took ${(found.client.sent / MEBIBYTE).toFixed(1)} MiB`);
      figures.push(...figuresOf(handler, found));
    }
    return figures;
  },
};

/** What was seen of a server and a client that never reads. */
interface Found {
  client: NeverRead;
  /** Bytes by which the server grew. */
  growth: number;
  /** Milliseconds that each answer to a polite client took meanwhile. */
  latencies: number[];
  /** Seconds after which the client was seen to be closed. */
  closedAfter: number;
  /** What the server said of it. */
  said: string | undefined;
}

function figuresOf(handler: string, found: Found): Figure[] {
  const { growth, closedAfter, said, latencies } = found;
  const mebibytes = GROWTH / MEBIBYTE;
  const p99 = quantile(latencies, 0.99);
  const { connected } = found.client;
  return [
    atMost(`${handler}: growth`, growth / MEBIBYTE, mebibytes, "MiB"),
    connected
      ? mustBe(`${handler}: closed`, `not in ${LONGEST} s`, false)
      : atMost(`${handler}: closed`, closedAfter, LONGEST, "s"),
    mustBe(`${handler}: reason`, said ?? "not told", said !== undefined),
    atMost(`${handler}: polite client's p99`, p99, P99, "ms"),
  ];
}

async function neverReading(
  { address, process }: RunningServer,
  stop: AbortSignal,
): Promise<Found> {
  await using polite = await PoliteClients.connect(address, 1);
  {
    await using _flood = await startLoad("flood", address, stop);
    await polite.latencies(WARM_UP, stop);
  }
  const before = residentBytes(process.pid);
  await using load = await startLoad("never_reads", address, stop);
  const [watched, latencies] = await Promise.all([
    watch(process, load, stop),
    polite.latencies(LONGEST, stop),
  ]);
  const name = showAddress({ ...address, port: watched.client.port });
  return {
    ...watched,
    growth: watched.peak - before,
    latencies,
    said: process.complaints.find((line) => line.includes(name)),
  };
}

/** Looks at server and client until the time is over. */
async function watch(server: Child, load: Child, stop: AbortSignal) {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  let peak = 0;
  let closedAfter = Infinity;
  let client: NeverRead;
  do {
    await delay(LOOK, { signal: stop });
    peak = Math.max(peak, residentBytes(server.pid));
    client = JSON.parse(await load.ask());
    if (!client.connected) closedAfter = Math.min(closedAfter, seconds());
  } while (seconds() < LONGEST);
  return { peak, closedAfter, client };
}
