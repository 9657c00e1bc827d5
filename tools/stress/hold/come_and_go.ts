/**
 * Clients that come and go, some of them rudely.
 *
 * @module
 */

import type { Address } from "../../../lib/net.ts";
import { STUDENT } from "../../../clienthelper.ts";
import { encode } from "../../../lib/testing/messages.ts";
import { atMost } from "./figures.ts";
import { descriptors, residentBytes } from "./processes.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { askedServer, type RunningServer, stateOf } from "./servers.ts";
import { slope } from "./statistics.ts";

const CONNECTIONS = 100_000;
/** Connections between two looks at the server. */
const ROUND = 2000;
/** Clients at once. */
const CONCURRENT = 64;
/** Looks at the server in which it still has clients, before that is a leak. */
const LOOKS = 1000;
/** Descriptors that may be open beside those from before. */
const DESCRIPTORS = 2;
/** Bytes that may stay for each 1,000 connections. */
const GROWTH = 1024;
/** Mebibytes by which the process may grow in the second half. */
const RESIDENT = 10;
const MEBIBYTE = 2 ** 20;

/** Nothing stays of clients that have left, however they did. */
export const comeAndGo: Scenario = {
  name: "come-and-go",
  about: "100,000 connections of all kinds come and go: nothing of them stays",
  async measure(tell, stop): Promise<Figure[]> {
    await using server = await askedServer("student", stop);
    const before = descriptors(server.process.pid);
    const looks: Look[] = [];
    for (let count = ROUND; count <= CONNECTIONS; count += ROUND) {
      stop.throwIfAborted();
      await comeAndGoOnce(server.address, ROUND);
      looks.push(await lookAt(server, count));
      if (count % 10_000 === 0) tell(shown(looks.at(-1)!));
    }
    // The first half warms up: code is compiled, caches fill.
    return figuresOf(looks.slice(looks.length / 2), before);
  },
};

/** What was seen of the server after so many connections. */
interface Look {
  connections: number;
  handlers: number;
  descriptors: number;
  liveBytes: number;
  residentBytes: number;
}

function figuresOf(looks: readonly Look[], before: number): Figure[] {
  const [first, last] = [looks[0], looks.at(-1)!];
  const growth = slope(
    looks.map((look) => [look.connections / 1000, look.liveBytes]),
  );
  const resident = (last.residentBytes - first.residentBytes) / MEBIBYTE;
  return [
    atMost("handlers at the end", last.handlers, 0, ""),
    atMost("more descriptors", last.descriptors - before, DESCRIPTORS, ""),
    atMost("live memory for each 1,000", growth, GROWTH, "bytes"),
    atMost("resident memory, second half", resident, RESIDENT, "MiB"),
  ];
}

function shown({ connections, liveBytes, residentBytes }: Look): string {
  return `${connections} connections, live ${liveBytes} bytes, ` +
    `resident ${(residentBytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** Looks at the server once it has noticed that all have left. */
async function lookAt(
  server: RunningServer,
  connections: number,
): Promise<Look> {
  const { pid } = server.process;
  let state = await stateOf(server);
  for (let looks = 1; state.handlers > 0 && looks < LOOKS; looks++) {
    state = await stateOf(server);
  }
  await stateOf(server); // the descriptors of the last ones are closed meanwhile
  return {
    connections,
    ...state,
    descriptors: descriptors(pid),
    residentBytes: residentBytes(pid),
  };
}

const REQUEST = encode([STUDENT]);
const GREETING = encode([{ clientid: 50_000 }]).length;

/** How clients leave. */
const WAYS: readonly ((conn: Deno.TcpConn) => Promise<unknown>)[] = [
  async function cleanly(conn) {
    await take(conn, GREETING);
    await conn.write(REQUEST);
    await take(conn, 1);
  },
  async function byReset(conn) {
    await take(conn, 1); // closing with the rest unread resets
  },
  async function halfClosed(conn) {
    await conn.write(REQUEST);
    await conn.closeWrite();
    await take(conn, Infinity);
  },
  async function inARequest(conn) {
    await take(conn, GREETING);
    await conn.write(REQUEST.subarray(0, REQUEST.length / 2));
  },
];

/** Reads so many bytes, or up to the end. */
async function take(conn: Deno.TcpConn, bytes: number): Promise<void> {
  const buffer = new Uint8Array(Math.min(bytes, 256));
  for (let taken = 0; taken < bytes;) {
    const count = await conn.read(buffer.subarray(0, bytes - taken));
    if (count === null) return;
    taken += count;
  }
}

/** Has so many clients come and go, each in the next of the ways. */
async function comeAndGoOnce(address: Address, count: number): Promise<void> {
  let began = 0;
  const one = async () => {
    while (began < count) {
      const leave = WAYS[began++ % WAYS.length];
      using conn = await Deno.connect(address);
      await leave(conn);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, one));
}
