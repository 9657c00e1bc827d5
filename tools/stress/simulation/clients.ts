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
import type { Behaviour, Behaviours, Trial } from "./trial.ts";

/**
 * How long a server that shuts down waits at least for a request in transit, in
 * milliseconds.
 */
const PATIENCE = 400;

/** The shipped client: it pipelines in rounds, and checks every answer. */
const good: Behaviour = async (trial, dialogue) => {
  const { random, wire } = trial;
  const network = trial.networkOf(dialogue);
  const client = new Client({ wire, network });
  let answered = 0;
  const send = async () => {
    const planned = trial.application.plan(random);
    dialogue.plan(planned, encode([planned.request], wire).length);
    const answer = await client.request(planned.request);
    // If it makes room before its first request arrives, it receives the reason.
    const isRejected = dialogue.excuse !== undefined && isMessageMap(answer);
    if (!fits(answer, planned) && !isRejected) {
      trial.fault(`${dialogue.name} got another request's answer`);
    }
    answered++;
  };
  try {
    await client.connect();
    for (let round = 1 + random.below(4); round > 0 && !dialogue.excuse;) {
      const requests = Array.from({ length: 1 + random.below(12) }, send);
      await Promise.all(requests);
      await trial.pause(300);
      round--;
    }
    trial.content(dialogue);
    if (random.below(2) === 0) await trial.signalled; // stays, as the lab's clients do
    await client.close();
  } catch (error) {
    const mayClose = error instanceof ProtocolError && trial.mayClose;
    if (!(isEnd(error) && (trial.ending || dialogue.excuse)) && !mayClose) {
      trial.fault(`${dialogue.name} lost its connection: ${error}`);
    }
    trial.content(dialogue);
    await client.close();
  }
  trial.atEnd(() => {
    if (answered !== dialogue.answers && !dialogue.excuse && !trial.mayClose) {
      trial.fault(
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
  act: (conn: SimulatedConnection, trial: Trial, d: Dialogue) => Promise<void>,
): Behaviour {
  return async (trial, dialogue) => {
    let conn: SimulatedConnection;
    try {
      conn = await trial.networkOf(dialogue).connect(trial.address);
    } catch {
      return; // the server no longer listens
    }
    try {
      await act(conn, trial, dialogue);
    } catch {
      // The server ended the connection, as it may do with these clients.
    }
    if (!conn.isClosed) conn.close();
  };
}

/** Plans `count` requests. Returns their bytes. */
function requests(trial: Trial, dialogue: Dialogue, count: number) {
  const all: Uint8Array[] = [];
  while (count-- > 0) {
    const planned = trial.application.plan(trial.random);
    const bytes = encode([planned.request], trial.wire);
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
  trial: Trial,
  dialogue: Dialogue,
): Promise<void> {
  const { counts } = conn;
  trial.atEnd(() => {
    const { written } = dialogue.server!.counts;
    if (counts.read === written || dialogue.excuse || trial.mayClose) return;
    trial.fault(
      `${dialogue.name} got ${counts.read} of ${written} bytes of answers`,
    );
  });
  await readAll(conn).catch(() => {});
}

/** Half-closes the connection, and expects an answer to each request. */
const halfCloses = raw(async (conn, trial, dialogue) => {
  const count = 1 + trial.random.below(10);
  await writeAll(conn, requests(trial, dialogue, count));
  await conn.closeWrite();
  await receiveAll(conn, trial, dialogue);
  if (dialogue.answers < count && !trial.ending && !dialogue.excuse) {
    trial.fault(`${dialogue.name} got ${dialogue.answers} of ${count} answers`);
  }
});

/** Sends one byte at a time. A server that shuts down waits for the rest. */
const drips = raw(async (conn, trial, dialogue) => {
  const reading = receiveAll(conn, trial, dialogue);
  for (const byte of requests(trial, dialogue, 1)) {
    await writeAll(conn, Uint8Array.of(byte));
    await trial.pause(3);
  }
  const begun = trial.endingFor < PATIENCE;
  await reading;
  const served = dialogue.greeted && !dialogue.excuse && !trial.mayClose;
  if (begun && served && dialogue.answers === 0) {
    trial.fault(`${dialogue.name} was closed while it was sending a request`);
  }
});

/** Sends and reads without a pause until all is sent or the connection breaks. */
const eager = raw(async (conn, trial, dialogue) => {
  const reading = receiveAll(conn, trial, dialogue);
  for (let i = 0; i < 100 && !conn.broken; i++) {
    await writeAll(conn, requests(trial, dialogue, 5));
  }
  await conn.closeWrite();
  await reading;
});

/** Resets the connection at any time. */
const resets = raw(async (conn, trial, dialogue) => {
  dialogue.excuse = "it resets the connection";
  const reading = readAll(conn).catch(() => {});
  const sending = writeAll(
    conn,
    requests(trial, dialogue, trial.random.below(9)),
  );
  sending.catch(() => {});
  await trial.pause(200);
  if (!conn.isClosed) conn.reset();
  await reading;
});

/** Begins a request and never completes it. */
const stalls = raw(async (conn, trial, dialogue) => {
  const whole = requests(trial, dialogue, trial.random.below(4));
  dialogue.excuse = "its last request is never complete";
  const part = encode(
    [trial.application.plan(trial.random).request],
    trial.wire,
  );
  await writeAll(conn, whole);
  await writeAll(
    conn,
    part.subarray(0, 1 + trial.random.below(part.length - 1)),
  );
  const began = trial.clock.now;
  await readAll(conn);
  trial.checkTime(dialogue, "requestTimeout", trial.clock.now - began);
});

/** Sends without end, and never reads. */
const takesNothing = raw(async (conn, trial, dialogue) => {
  dialogue.excuse = "it reads no answers";
  for (;;) await writeAll(conn, requests(trial, dialogue, 10));
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
const hostile = raw(async (conn, trial, dialogue) => {
  const reading = receiveAll(conn, trial, dialogue);
  await writeAll(conn, requests(trial, dialogue, trial.random.below(5)));
  const { text, enough, answer } = HOSTILE[trial.wire.name];
  dialogue.plan({ request: text, answer }, enough);
  await writeAll(conn, Uint8Array.from(text, (char) => char.charCodeAt(0)));
  await reading;
});

/** Makes its handler fail. */
const fails = raw(async (conn, trial, dialogue) => {
  const reading = receiveAll(conn, trial, dialogue);
  const planned = trial.application.planFailure();
  const bytes = encode([planned.request], trial.wire);
  dialogue.plan(planned, bytes.length);
  await writeAll(conn, bytes);
  await reading;
});

/** Sends nothing, and leaves or stays. */
const silent = raw(async (conn, trial, dialogue) => {
  if (trial.random.below(2) === 0) return await trial.pause(2000);
  const began = trial.clock.now;
  await readAll(conn);
  trial.checkTime(dialogue, "idleTimeout", trial.clock.now - began);
});

/** Leaves as soon as it is connected, often before it is accepted. */
const leavesAtOnce = raw(async (conn, trial, dialogue) => {
  dialogue.excuse = "it leaves at once";
  if (trial.random.below(2) === 0) conn.reset();
  await Promise.resolve();
});

/** Leaves without reading its answers. */
const leavesUnread = raw(async (conn, trial, dialogue) => {
  dialogue.excuse = "it leaves before its answers come";
  await writeAll(conn, requests(trial, dialogue, 1 + trial.random.below(9)));
  await trial.pause(20);
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
