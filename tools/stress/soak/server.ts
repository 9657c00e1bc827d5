/**
 * The server of a soak: the shipped one, in a separate process. It reports its
 * state on stderr for each line on stdin. It ends when stdin ends, so that it never
 * outlives the soak.
 *
 * @module
 */

import process from "node:process";
import { Server } from "../../../server.ts";

/** What the server's process holds at one moment. */
export interface Holding {
  /** Live memory after a full garbage collection, in bytes. */
  heap: number;
  /** Resident memory of the process, in bytes. */
  rss: number;
  /** Open descriptors. Counted only on Linux. */
  descriptors?: number;
  /** Pending timers. */
  timers: number;
  /** Handlers that wait for a turn of the event loop. */
  turns: number;
  /** Clients being served. */
  handlers: number;
  /** Handlers that wait for the lock. */
  lockWaiting: number;
  /** Failures of the server itself that it has reported so far. */
  failures: number;
}

/** Collects all garbage. The flag --expose-gc provides it. */
const { gc } = globalThis as unknown as { gc(): void };
/** Reports of failures that no client can cause, whatever it sends. */
const FAILURE = /handler failed|^Cannot accept/;
const encoder = new TextEncoder();
let failures = 0;

/** Prints only the server's own failures, not the thousands of lines about clients. */
function report(line: string): void {
  if (!FAILURE.test(line)) return;
  failures++;
  console.error(line);
}

function holding(server: Server): Holding {
  gc();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  const count = (kind: string) => resources.filter((it) => it === kind).length;
  return {
    heap: heapUsed + external, // buffers are external
    rss,
    descriptors: countDescriptors(),
    timers: count("Timeout"),
    turns: count("Immediate"),
    handlers: server.handlers.size,
    lockWaiting: server.writeLock.waiting,
    failures,
  };
}

function countDescriptors(): number | undefined {
  if (Deno.build.os !== "linux") return undefined;
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

function say(what: unknown): void {
  Deno.stderr.writeSync(encoder.encode(JSON.stringify(what) + "\n"));
}

async function serve(): Promise<void> {
  // A terminal's Ctrl-C reaches this process, too. Ignored: the soak ends it.
  Deno.addSignalListener("SIGINT", () => {});
  await using server = new Server({
    port: 0,
    report,
    maxInvalid: 0, // a client that reads no answers asks for many errors
  });
  server.listen();
  void server.acceptClients();
  say(server.addr);
  for await (const _question of Deno.stdin.readable) say(holding(server));
}

if (import.meta.main) await serve();
