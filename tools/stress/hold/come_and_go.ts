/**
 * Clients that connect and leave, some of them abruptly.
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

/** How many connections warm the server up, before it is measured. */
const WARM_UP = 50_000;
/** Over how many connections its memory is measured. */
const MEASURED = 50_000;
/**
 * How often it is measured at most, while it grows. The engine compiles some
 * code late, which looks like a leak once. A leak grows every time.
 */
const ATTEMPTS = 4;
/** How many connections come and go between two checks of the server. */
const ROUND = 2000;
/** How many clients are connected at the same time. */
const CONCURRENT = 64;
/** How many checks may still find clients before they count as a leak. */
const LOOKS = 1000;
/** How many more descriptors may be open at the end than at the start. */
const DESCRIPTORS = 2;
/** How much live memory may remain per 1,000 connections, in bytes. */
const GROWTH = 1024;
/** How much the resident memory may grow while it is measured, in mebibytes. */
const RESIDENT = 10;
const MEBIBYTE = 2 ** 20;

/** Nothing remains of clients that have left, however they left. */
export const comeAndGo: Scenario = {
  name: "come-and-go",
  about: "Connections of all kinds come and go: nothing remains of them",
  async measure(tell, stop): Promise<Figure[]> {
    await using server = await askedServer("student", stop);
    const before = descriptors(server.process.pid);
    let count = 0;
    const connect = async (connections: number) => {
      const looks: Look[] = [];
      for (const end = count + connections; count < end;) {
        stop.throwIfAborted();
        await comeAndGoOnce(server.address, ROUND);
        looks.push(await lookAt(server, count += ROUND));
        if (count % 10_000 === 0) tell(shown(looks.at(-1)!));
      }
      return looks;
    };
    await connect(WARM_UP);
    let looks = await connect(MEASURED);
    for (let n = 1; n < ATTEMPTS && growth(looks) > GROWTH; n++) {
      looks = await connect(MEASURED);
    }
    return figuresOf(looks, before);
  },
};

/** The state of the server after a number of connections. */
interface Look {
  connections: number;
  handlers: number;
  descriptors: number;
  liveBytes: number;
  residentBytes: number;
}

/** By how many bytes the live memory grows with 1,000 connections. */
function growth(looks: readonly Look[]): number {
  return slope(looks.map((look) => [look.connections / 1000, look.liveBytes]));
}

function figuresOf(looks: readonly Look[], before: number): Figure[] {
  const [first, last] = [looks[0], looks.at(-1)!];
  const resident = (last.residentBytes - first.residentBytes) / MEBIBYTE;
  return [
    atMost("handlers at the end", last.handlers, 0, ""),
    atMost(
      "additional descriptors",
      last.descriptors - before,
      DESCRIPTORS,
      "",
    ),
    atMost("live memory per 1,000 connections", growth(looks), GROWTH, "bytes"),
    atMost("resident memory meanwhile", resident, RESIDENT, "MiB"),
  ];
}

function shown({ connections, liveBytes, residentBytes }: Look): string {
  return `${connections} connections, live ${liveBytes} bytes, ` +
    `resident ${(residentBytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** Checks the server once it has noticed that all clients have left. */
async function lookAt(
  server: RunningServer,
  connections: number,
): Promise<Look> {
  const { pid } = server.process;
  let state = await stateOf(server);
  for (let looks = 1; state.handlers > 0 && looks < LOOKS; looks++) {
    state = await stateOf(server);
  }
  await stateOf(server); // the last descriptors close meanwhile
  return {
    connections,
    ...state,
    descriptors: descriptors(pid),
    residentBytes: residentBytes(pid),
  };
}

const REQUEST = encode([STUDENT]);
const GREETING = encode([{ clientid: 50_000 }]).length;

/** The ways in which clients leave. */
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

/** Reads a number of bytes, or up to the end of the stream. */
async function take(conn: Deno.TcpConn, bytes: number): Promise<void> {
  const buffer = new Uint8Array(Math.min(bytes, 256));
  for (let taken = 0; taken < bytes;) {
    const count = await conn.read(buffer.subarray(0, bytes - taken));
    if (count === null) return;
    taken += count;
  }
}

/** Connects `count` clients. Each leaves in the next of the ways. */
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
