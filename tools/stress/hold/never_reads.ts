/**
 * A client that sends requests without end, and never reads an answer.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { DEFAULT_LIMITS } from "../../../lib/limits.ts";
import { showAddress } from "../../../lib/net.ts";
import type { Child } from "../../processes/child.ts";
import { atMost } from "./figures.ts";
import { startLoad } from "./loads/load.ts";
import type { NeverRead } from "./loads/never_reads.ts";
import { PoliteClients } from "./polite.ts";
import { residentBytes } from "./processes.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { askedServer, type RunningServer, stateOf } from "./servers.ts";
import { quantile } from "./statistics.ts";

/** How long the server is observed, in seconds. */
const LONGEST = 60;
/** Milliseconds between two checks of the server. */
const LOOK = 100;
/** One check in this many makes the server collect its garbage, which takes time. */
const LOOKS_A_COLLECTION = 50;
const MEBIBYTE = 2 ** 20;
/**
 * How much the server may grow, in bytes: the most that may wait for one client,
 * and 10 MiB for the rest. V8's young generation alone can grow by 16 MiB at once.
 */
const GROWTH = DEFAULT_LIMITS.maxQueuedBytes + 10 * MEBIBYTE;
/** How long a flood warms up the server, in seconds: code is compiled, the heap grows. */
const WARM_UP = 5;
/** How long 99 of 100 answers to another client may take at most, in milliseconds. */
const P99 = 10;

/** A client that never reads costs the server little, and is closed in the end. */
export const neverReads: Scenario = {
  name: "never-reads",
  about: "a client sends without end and never reads: its cost is bounded, " +
    "and it is closed in the end",
  async measure(tell, stop): Promise<Figure[]> {
    const figures: Figure[] = [];
    // The lab's answers are 5 bytes; an echo's answers are as long as its requests.
    for (const handler of ["student", "echo"] as const) {
      tell(`the ${handler} handler, for ${LONGEST} s`);
      await using server = await askedServer(handler, stop);
      const found = await neverReading(server, stop);
      if (found.said) tell(`the server reported: ${found.said}`);
      tell(`the client sent ${(found.client.sent / MEBIBYTE).toFixed(1)} MiB`);
      figures.push(...figuresOf(handler, found));
    }
    return figures;
  },
};

/** What was observed of a server and a client that never reads. */
interface Found {
  client: NeverRead;
  /** How much the resident memory of the process grew at most, in bytes. */
  residentGrowth: number;
  /** How much its live memory grew at most, in bytes. */
  liveGrowth: number;
  /** How long each answer to a polite client took meanwhile, in milliseconds. */
  latencies: number[];
  /** How long it took until the client was closed, in seconds. */
  closedAfter: number;
  /** What the server reported about the client. */
  said: string | undefined;
}

function figuresOf(handler: string, found: Found): Figure[] {
  const { closedAfter, said, latencies } = found;
  const mebibytes = GROWTH / MEBIBYTE;
  const p99 = quantile(latencies, 0.99);
  const growth = (name: string, bytes: number) =>
    atMost(`${handler}: ${name} growth`, bytes / MEBIBYTE, mebibytes, "MiB");
  return [
    growth("resident", found.residentGrowth),
    growth("live", found.liveGrowth),
    atMost(`${handler}: closed after`, closedAfter, LONGEST, "s"),
    {
      what: `${handler}: reason on stderr`,
      measured: said === undefined ? "missing" : "printed",
      bound: "printed",
      holds: said !== undefined,
    },
    atMost(`${handler}: polite client's p99`, p99, P99, "ms"),
  ];
}

async function neverReading(
  server: RunningServer,
  stop: AbortSignal,
): Promise<Found> {
  const { address, process } = server;
  await using polite = await PoliteClients.connect(address, 1);
  {
    await using _flood = await startLoad("flood", address, stop);
    await polite.latencies(WARM_UP, stop);
  }
  const live = (await stateOf(server)).liveBytes;
  const resident = residentBytes(process.pid);
  await using load = await startLoad("never_reads", address, stop);
  const [watched, latencies] = await Promise.all([
    watch(server, load, stop),
    polite.latencies(LONGEST, stop),
  ]);
  const { client, closedAfter, peak } = watched;
  const name = showAddress({ ...address, port: client.port });
  return {
    client,
    closedAfter,
    residentGrowth: peak.resident - resident,
    liveGrowth: peak.live - live,
    latencies,
    said: process.complaints.find((line) => line.includes(name)),
  };
}

/** Checks the server, and the client that never reads, until the time is over. */
async function watch(server: RunningServer, load: Child, stop: AbortSignal) {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const peak = { resident: 0, live: 0 };
  let closedAfter = Infinity;
  let client: NeverRead;
  let looks = 0;
  do {
    await delay(LOOK, { signal: stop });
    const resident = residentBytes(server.process.pid);
    peak.resident = Math.max(peak.resident, resident);
    if (++looks % LOOKS_A_COLLECTION === 0) {
      peak.live = Math.max(peak.live, (await stateOf(server)).liveBytes);
    }
    client = JSON.parse(await load.ask());
    if (!client.connected) closedAfter = Math.min(closedAfter, seconds());
  } while (seconds() < LONGEST);
  return { client, closedAfter, peak };
}
