/**
 * A scenario for each limit, in which the limit is exceeded.
 *
 * @module
 */

import { ClientHandler, StudentHandler } from "../../../clienthandler.ts";
import { counted } from "../../../lib/text.ts";
import { LineWriter } from "../../../lib/output.ts";
import type { LimitName } from "../../../lib/limits.ts";
import type { RosterLimits } from "../../../lib/students/limits.ts";
import { Roster } from "../../../lib/students/roster.ts";
import type { Message, MessageMap } from "../../../lib/formats/formats.ts";
import { FORMATS } from "../../../lib/formats/formats.ts";
import { RawClient, ShippedClient, student } from "./clients.ts";
import type { Harness, Scenario } from "./harness.ts";
import { STDERR, STDOUT } from "./story.ts";

/** The scenario of a limit: what it is set to, and who goes over it. */
function over(
  limit: LimitName,
  value: number,
  about: string,
  play: Scenario["play"],
  more: Partial<Scenario> = {},
): Scenario {
  return {
    ...limited(limit, value, about, play),
    ...more,
    server: { [limit]: value, ...more.server },
  };
}

/** The same for a limit of the roster. */
function overRoster(
  limit: keyof RosterLimits,
  value: number,
  about: string,
  play: Scenario["play"],
): Scenario {
  return {
    ...limited(limit, value, about, play),
    clientHandler: () =>
      StudentHandler.with(new Roster(undefined, { [limit]: value })),
  };
}

/** What the scenarios of all limits have. */
function limited(
  limit: string,
  value: number,
  about: string,
  play: Scenario["play"],
): Scenario {
  const said = `${limit} is ${value} here. ${about}`;
  return { name: limit, about: said, ends: 5000, play };
}

/** Alice is silent when Bob connects. Bob sends a request before a third client connects. */
async function threeCome(harness: Harness): Promise<void> {
  const alice = new RawClient(harness, "Alice");
  const bob = new ShippedClient(harness, "Bob");
  const third = new ShippedClient(harness, "Third");
  await alice.connect();
  const reading = alice.read();
  await harness.pause(20);
  await bob.connect();
  await bob.ask(1);
  await third.connect();
  await reading;
}

/** Alice connects, and stays. Then Bob does. */
async function twoCome(harness: Harness): Promise<void> {
  const alice = new ShippedClient(harness, "Alice");
  const bob = new ShippedClient(harness, "Bob");
  await alice.connect();
  await bob.connect();
}

/** Alice sends these requests one after another, and waits for each answer. */
function asks(...requests: readonly MessageMap[]): Scenario["play"] {
  return async (harness) => {
    const alice = new ShippedClient(harness, "Alice");
    await alice.connect();
    for (const request of requests) await alice.send(request);
  };
}

/** A list in a list in a list. */
function nested(depth: number): Message {
  return depth === 0 ? [] : [nested(depth - 1)];
}

/** Sends a part of a request, and never the rest. */
async function stalls(harness: Harness): Promise<void> {
  const alice = new RawClient(harness, "Alice");
  await alice.connect();
  const reading = alice.read();
  await harness.pause(10);
  const part = alice.request(student(1)).subarray(0, 40);
  await alice.send(part, "40 bytes of a request");
  await reading;
}

/** Alice sends her first request in time, and Bob sends none. */
async function oneSaysNothing(harness: Harness): Promise<void> {
  const alice = new ShippedClient(harness, "Alice");
  const bob = new RawClient(harness, "Bob");
  await alice.connect();
  await bob.connect();
  const reading = bob.read();
  await harness.pause(500);
  await alice.ask(1);
  await reading;
}

/** Alice sends two new students, and one of them again. Then Bob sends a third. */
async function bringStudents(harness: Harness): Promise<void> {
  const alice = new ShippedClient(harness, "Alice");
  const bob = new ShippedClient(harness, "Bob");
  await alice.connect();
  await bob.connect();
  for (const sid of [1, 2, 1]) await alice.ask(sid);
  await bob.ask(3);
}

/** Connects, and says nothing. */
async function saysNothing(harness: Harness): Promise<void> {
  const alice = new RawClient(harness, "Alice");
  await alice.connect();
  await alice.read();
}

/** Sends requests, and never reads an answer. */
async function readsNothing(harness: Harness): Promise<void> {
  const alice = new RawClient(harness, "Alice", { capacity: 30 });
  await alice.connect();
  for (let i = 0; i < 5; i++) {
    await harness.pause(20);
    await alice.ask(1, 2, 3, 4, 5, 6, 7, 8);
  }
}

/** An application whose answers are much longer than their requests. */
function longAnswers() {
  return class extends ClientHandler {
    protected override processRequest(): Message {
      return "a".repeat(600);
    }
  };
}

/** An application that never answers. */
function noAnswers() {
  return class extends ClientHandler {
    protected override processRequest(): Promise<Message> {
      return new Promise(() => {});
    }
  };
}

/** Prints lines to a stdout that nothing reads. */
async function nobodyReads(harness: Harness): Promise<void> {
  const told = (count: number) =>
    harness.tell(STDERR, `${counted(count, "line")} not shown on stdout`);
  const stuck = { write: () => new Promise<number>(() => {}) };
  const writer = new LineWriter(stuck, told, () => {});
  const { maxWaitingOutput } = harness.server.limits;
  for (let line = 1; line <= 4; line++) {
    const dropped = writer.print(["a line of 21 letters."], maxWaitingOutput);
    harness.tell(STDOUT, dropped ? `drops line ${line}` : `keeps line ${line}`);
    await harness.pause(1);
  }
}

/** Somebody goes over each limit. */
export const LIMITS: readonly Scenario[] = [
  over(
    "maxClients",
    1,
    "Alice is silent when Bob connects. Bob has sent a request when Third does.",
    threeCome,
    // Without columns for the lock and the roster.
    { clientHandler: () => StudentHandler, server: { quiet: true } },
  ),
  over(
    "maxClientsPerAddress",
    1,
    "Alice is still connected when Bob connects from the same address.",
    twoCome,
  ),
  over(
    "maxRequestBytes",
    100,
    "Alice has a name of 200 letters.",
    asks({ ...student(1), student_name: "A".repeat(200) }),
  ),
  over(
    "maxDepth",
    3,
    "Alice sends lists that are nested six deep.",
    asks({ ...student(1), more: nested(5) }),
    { server: { wire: FORMATS.json } },
  ),
  over(
    "maxItems",
    10,
    "Alice sends a list of 20.",
    asks({ ...student(1), more: Array(20).fill(0) }),
    { server: { wire: FORMATS.json } },
  ),
  over(
    "maxUnfinishedBytes",
    1000,
    "Alice never sends all of her request, and her buffer alone has 1,024 bytes.",
    stalls,
  ),
  over("requestTimeout", 1, "Alice never sends all of her request.", stalls),
  over(
    "firstRequestTimeout",
    1,
    "Alice sends a request after half a second, and Bob sends none.",
    oneSaysNothing,
  ),
  over("idleTimeout", 1, "Alice sends nothing.", saysNothing),
  over(
    "softQueuedBytes",
    60,
    "Alice reads none of her answers. The server reads nothing more from her " +
      "for 2 s, and then closes her connection.",
    readsNothing,
    { server: { queueTimeout: 2 } },
  ),
  over(
    "queueTimeout",
    1,
    "Alice reads none of her answers.",
    readsNothing,
    { server: { softQueuedBytes: 60 } },
  ),
  over(
    "maxQueuedBytes",
    1000,
    "Alice reads none of her answers, and each has 600 bytes.",
    readsNothing,
    { clientHandler: longAnswers, server: { softQueuedBytes: 900 } },
  ),
  over(
    "maxInvalidInRow",
    3,
    "Alice sends four requests without a name.",
    asks({ sid: 1 }, { sid: 2 }, { sid: 3 }, { sid: 4 }),
  ),
  over(
    "maxInvalid",
    3,
    "Every other request of Alice has no name.",
    asks(...[1, 2, 3, 4].flatMap((sid) => [{ sid }, student(sid)])),
  ),
  overRoster(
    "maxNewPerConnection",
    2,
    "Alice sends the students 1, 2, 3, and 1 again.",
    asks(student(1), student(2), student(3), student(1)),
  ),
  overRoster(
    "maxNewPerAddress",
    2,
    "Alice sends the students 1, 2, and 1 again. Bob then sends the student 3.",
    bringStudents,
  ),
  overRoster(
    "maxRosterBytes",
    1000,
    "Alice sends a student with a name of 2,000 letters.",
    asks({ ...student(1), student_name: "A".repeat(2000) }),
  ),
  over(
    "maxWaitingOutput",
    50,
    "Nothing reads stdout, and four lines of 21 characters are printed.",
    nobodyReads,
  ),
  over(
    "grace",
    1,
    "Alice's handler never answers, and the server is asked to end.",
    async (harness) => {
      const alice = new ShippedClient(harness, "Alice");
      await alice.connect();
      alice.ask(1);
      await harness.pause(20);
      await harness.shutdown();
    },
    { clientHandler: noAnswers },
  ),
];
