/**
 * The server of a soak, in a process of its own: the shipped one, which says on
 * stderr how it is whenever it is asked over stdin. It ends when stdin does, so
 * that it never outlives the soak.
 *
 * @module
 */

import process from "node:process";
import { Server } from "../../../server.ts";

/** What the server's process holds at one moment. */
export interface Holding {
  /** Bytes that live, after a collection of all garbage. */
  heap: number;
  /** Bytes of memory that the operating system has given to the process. */
  rss: number;
  /** Open descriptors, where there is a `/proc` to count them in. */
  descriptors?: number;
  /** Timers that wait. */
  timers: number;
  /** Handlers that wait for their turn on the thread. */
  turns: number;
  /** Clients being served. */
  handlers: number;
  /** Handlers that wait for the lock. */
  lockWaiting: number;
  /** Failures of the server's own that it has reported so far. */
  failures: number;
}

/** Collects all garbage. The flag --expose-gc puts it there. */
const { gc } = globalThis as unknown as { gc(): void };
/** What no client can bring about, whatever it sends. */
const FAILURE = /handler failed|^Cannot accept/;
const encoder = new TextEncoder();
let failures = 0;

/** Keeps the thousands of lines about clients' faults out of the answers. */
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
  // A terminal's Ctrl-C reaches this process too: the soak is to end it.
  Deno.addSignalListener("SIGINT", () => {});
  await using server = new Server({ port: 0, report });
  server.listen();
  void server.acceptClients();
  say(server.addr);
  for await (const _question of Deno.stdin.readable) say(holding(server));
}

if (import.meta.main) await serve();
