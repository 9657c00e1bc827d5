/**
 * The simulated clients: the shipped one, and others that misbehave.
 *
 * @module
 */

import { Client } from "../../../client.ts";
import { concat } from "@std/bytes/concat";
import {
  ConnectionEnded,
  ProtocolError,
} from "../../../lib/formats/formats.ts";
import { isMessageMap } from "../../../lib/formats/format.ts";
import { encode, writeAll } from "../../../lib/testing/messages.ts";
import { type Dialogue, fits } from "./dialogue.ts";
import type { SimulatedConnection } from "../../../lib/testing/connection.ts";
import type { Behaviour, Behaviours, World } from "./world.ts";

/**
 * How long a server that shuts down waits at least for a request in transit, in
 * milliseconds.
 */
const PATIENCE = 400;

/** The shipped client: it pipelines in rounds, and checks every answer. */
const good: Behaviour = async (world, dialogue) => {
  const { random, wire } = world;
  const network = world.networkOf(dialogue);
  const client = new Client({ wire, network });
  let answered = 0;
  const send = async () => {
    const planned = world.application.plan(random);
    dialogue.plan(planned, encode([planned.request], wire).length);
    const answer = await client.request(planned.request);
    // If it makes room before its first request arrives, it receives the reason.
    const isRejected = dialogue.excuse !== undefined && isMessageMap(answer);
    if (!fits(answer, planned) && !isRejected) {
      world.fault(`${dialogue.name} got another request's answer`);
    }
    answered++;
  };
  try {
    await client.connect();
    for (let round = 1 + random.below(4); round > 0 && !dialogue.excuse;) {
      const requests = Array.from({ length: 1 + random.below(12) }, send);
      await Promise.all(requests);
      await world.pause(300);
      round--;
    }
    world.content(dialogue);
    if (random.below(2) === 0) await world.signalled; // stays, as the lab's clients do
    await client.close();
  } catch (error) {
    const mayClose = error instanceof ProtocolError && world.mayClose;
    if (!(isEnd(error) && (world.ending || dialogue.excuse)) && !mayClose) {
      world.fault(`${dialogue.name} lost its connection: ${error}`);
    }
    world.content(dialogue);
    await client.close();
  }
  world.endChecks.add(() => {
    if (answered !== dialogue.answers && !dialogue.excuse && !world.mayClose) {
      world.fault(
        `${dialogue.name} got ${answered} of ${dialogue.answers} answers`,
      );
    }
  });
};

function isEnd(error: unknown): boolean {
  return error instanceof ConnectionEnded ||
    error instanceof Deno.errors.ConnectionRefused;
}

/** Returns a client that connects, runs `act`, and closes the connection. */
function raw(
  act: (conn: SimulatedConnection, world: World, d: Dialogue) => Promise<void>,
): Behaviour {
  return async (world, dialogue) => {
    let conn: SimulatedConnection;
    try {
      conn = await world.networkOf(dialogue).connect(world.address);
    } catch {
      return; // the server no longer listens
    }
    try {
      await act(conn, world, dialogue);
    } catch {
      // The server ended the connection, as it may do with these clients.
    }
    if (!conn.isClosed) conn.close();
  };
}

/** Plans `count` requests. Returns their bytes. */
function requests(world: World, dialogue: Dialogue, count: number) {
  const all: Uint8Array[] = [];
  while (count-- > 0) {
    const planned = world.application.plan(world.random);
    const bytes = encode([planned.request], world.wire);
    dialogue.plan(planned, bytes.length);
    all.push(bytes);
  }
  return concat(all);
}

async function readAll(conn: SimulatedConnection): Promise<void> {
  const buffer = new Uint8Array(100);
  while (await conn.read(buffer) !== null);
}

/** Reads all bytes. Checks at the end that the server wrote no more than these. */
async function receiveAll(
  conn: SimulatedConnection,
  world: World,
  dialogue: Dialogue,
): Promise<void> {
  const { counts } = conn;
  world.endChecks.add(() => {
    const { written } = dialogue.server!.counts;
    if (counts.read === written || dialogue.excuse || world.mayClose) return;
    world.fault(
      `${dialogue.name} got ${counts.read} of ${written} bytes of answers`,
    );
  });
  await readAll(conn).catch(() => {});
}

/** Half-closes the connection, and expects an answer to each request. */
const halfCloses = raw(async (conn, world, dialogue) => {
  const count = 1 + world.random.below(10);
  await writeAll(conn, requests(world, dialogue, count));
  await conn.closeWrite();
  await receiveAll(conn, world, dialogue);
  if (dialogue.answers < count && !world.ending && !dialogue.excuse) {
    world.fault(`${dialogue.name} got ${dialogue.answers} of ${count} answers`);
  }
});

/** Sends one byte at a time. A server that shuts down waits for the rest. */
const drips = raw(async (conn, world, dialogue) => {
  const reading = receiveAll(conn, world, dialogue);
  for (const byte of requests(world, dialogue, 1)) {
    await writeAll(conn, Uint8Array.of(byte));
    await world.pause(3);
  }
  const begun = world.endingFor < PATIENCE;
  await reading;
  const served = dialogue.greeted && !dialogue.excuse && !world.mayClose;
  if (begun && served && dialogue.answers === 0) {
    world.fault(`${dialogue.name} was closed while it was sending a request`);
  }
});

/** Sends and reads without a pause until all is sent or the connection breaks. */
const eager = raw(async (conn, world, dialogue) => {
  const reading = receiveAll(conn, world, dialogue);
  for (let i = 0; i < 100 && !conn.broken; i++) {
    await writeAll(conn, requests(world, dialogue, 5));
  }
  await conn.closeWrite();
  await reading;
});

/** Resets the connection at any time. */
const resets = raw(async (conn, world, dialogue) => {
  dialogue.excuse = "it resets the connection";
  const reading = readAll(conn).catch(() => {});
  const sending = writeAll(
    conn,
    requests(world, dialogue, world.random.below(9)),
  );
  sending.catch(() => {});
  await world.pause(200);
  if (!conn.isClosed) conn.reset();
  await reading;
});

/** Begins a request and never completes it. */
const stalls = raw(async (conn, world, dialogue) => {
  const whole = requests(world, dialogue, world.random.below(4));
  dialogue.excuse = "its last request is never complete";
  const part = encode(
    [world.application.plan(world.random).request],
    world.wire,
  );
  await writeAll(conn, whole);
  await writeAll(
    conn,
    part.subarray(0, 1 + world.random.below(part.length - 1)),
  );
  const began = world.clock.now;
  await readAll(conn);
  world.checkTime(dialogue, "requestTimeout", world.clock.now - began);
});

/** Sends without end, and never reads. */
const takesNothing = raw(async (conn, world, dialogue) => {
  dialogue.excuse = "it reads no answers";
  for (;;) await writeAll(conn, requests(world, dialogue, 10));
});

/**
 * Input that the server must refuse, how many bytes it needs for that, and its
 * answer.
 */
const HOSTILE: Readonly<
  Record<string, { text: string; enough: number; answer: string }>
> = {
  // A pickle that calls os.system("true").
  pickle: {
    text: "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    enough: 18,
    answer: "opcode STACK_GLOBAL is refused",
  },
  json: { text: "system('true')\n", enough: 15, answer: "is not one JSON" },
};

/** Sends a pickle that would run code, or a line that is not JSON. */
const hostile = raw(async (conn, world, dialogue) => {
  const reading = receiveAll(conn, world, dialogue);
  await writeAll(conn, requests(world, dialogue, world.random.below(5)));
  const { text, enough, answer } = HOSTILE[world.wire.name];
  dialogue.plan({ request: text, answer }, enough);
  await writeAll(conn, Uint8Array.from(text, (char) => char.charCodeAt(0)));
  await reading;
});

/** Makes its handler fail. */
const fails = raw(async (conn, world, dialogue) => {
  const reading = receiveAll(conn, world, dialogue);
  const planned = world.application.planFailure();
  const bytes = encode([planned.request], world.wire);
  dialogue.plan(planned, bytes.length);
  await writeAll(conn, bytes);
  await reading;
});

/** Sends nothing, and leaves or stays. */
const silent = raw(async (conn, world, dialogue) => {
  if (world.random.below(2) === 0) return await world.pause(2000);
  const began = world.clock.now;
  await readAll(conn);
  world.checkTime(dialogue, "idleTimeout", world.clock.now - began);
});

/** Leaves as soon as it is connected, often before it is accepted. */
const leavesAtOnce = raw(async (conn, world, dialogue) => {
  dialogue.excuse = "it leaves at once";
  if (world.random.below(2) === 0) conn.reset();
  await Promise.resolve();
});

/** Leaves without reading its answers. */
const leavesUnread = raw(async (conn, world, dialogue) => {
  dialogue.excuse = "it leaves before its answers come";
  await writeAll(conn, requests(world, dialogue, 1 + world.random.below(9)));
  await world.pause(20);
});

/** All clients: the good one, and the bad ones by what they do. */
export const BEHAVIOURS: Behaviours = {
  good,
  bad: {
    "half-closes": halfCloses,
    drips,
    eager,
    resets,
    stalls,
    "takes nothing": takesNothing,
    hostile,
    fails,
    silent,
    "leaves at once": leavesAtOnce,
    "leaves unread": leavesUnread,
  },
};
