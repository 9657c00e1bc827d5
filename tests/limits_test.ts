// One test for each limit, which fails when the limit is not enforced. The page
// docs/limits.md and the fault that removes the limit find the test by its id.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { concat } from "@std/bytes/concat";
import { ClientHandler, StudentHandler } from "../clienthandler.ts";
import type { Limits } from "../lib/limits.ts";
import { MemoryRoster } from "../lib/students/memory.ts";
import type { Student } from "../lib/students/student.ts";
import type { Message, WireFormat } from "../lib/formats/formats.ts";
import { Server } from "../server.ts";
import { needs } from "./support/needs.ts";
import {
  ALICE,
  BOB,
  EchoHandler,
  encode,
  fields,
  json,
  Peer,
  pickle,
  stalled,
  TestServer,
} from "./support/peers.ts";
import { until } from "../lib/testing/soon.ts";

const net = needs("net");

/** Sends 50 MB of requests, and reads none of the answers. */
function neverReads(peer: Peer): Promise<void> {
  const requests = Array(1000).fill("a".repeat(50_000));
  return peer.sendBytes(encode(requests)).catch(() => {});
}

/** Resolves to the error in the server's only message, which rejects the client. */
async function rejected(peer: Peer): Promise<Message> {
  const messages = await peer.receiveAll();
  assertEquals(messages.length, 1);
  return fields(messages[0]).error;
}

net.test("[limit-maxClients] rejects each client over the limit, until another client leaves (needs net)", async () => {
  await using test = new TestServer({ maxClients: 3 });
  const peers = [];
  for (let i = 0; i < 3; i++) peers.push(await Peer.greeted(test.addr));
  for (let i = 0; i < 2; i++) {
    using over = await Peer.connect(test.addr);
    assertEquals(
      await rejected(over),
      "The server is full: it has 3 clients",
    );
  }
  assertEquals(test.server.handlers.size, 3);
  assertEquals(test.server.limitHits.maxClients, 2);
  peers[0].conn.close();
  await until(() => test.server.handlers.size === 2);
  using next = await Peer.connect(test.addr);
  assert("clientid" in fields(await next.receive()));
  for (const peer of peers.slice(1)) peer.conn.close();
});

net.test("[limit-maxClientsPerAddress] rejects each client over the limit, and none from another address (needs net)", async () => {
  await using test = new TestServer({ maxClientsPerAddress: 2 });
  using _first = await Peer.greeted(test.addr);
  using second = await Peer.greeted(test.addr);
  using over = await Peer.connect(test.addr);
  assertMatch(String(await rejected(over)), /^The server has 2 clients from/);
  assertEquals(test.server.limitHits.maxClientsPerAddress, 1);
  // All clients of this machine have one address, so the test invents another.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using other = await Peer.connect(listener.addr);
  const conn = await listener.accept();
  void test.server.handler(conn, { hostname: "192.0.2.1", port: 1 });
  assert("clientid" in fields(await other.receive()));
  second.conn.close();
  await until(() => test.server.handlers.size === 2);
  using next = await Peer.connect(test.addr);
  assert("clientid" in fields(await next.receive()));
});

/** Answers a number with a text of that length. */
class Generous extends ClientHandler {
  protected override processRequest(request: Message): Message {
    return "a".repeat(Number(request));
  }
}

/** Returns a request of exactly `count` bytes. */
function ofBytes(count: number, wire: WireFormat): Message {
  const without = encode([{ ...ALICE, more: "" }], wire).length;
  return { ...ALICE, more: "a".repeat(count - without) };
}

/** Limits, each with a request that is just within it, or just over it if `more` is 1. */
const JUST_WITHIN: {
  name: string;
  limit: keyof Limits;
  most: number;
  request: (more: number, wire: WireFormat) => Message;
}[] = [
  {
    name:
      "[limit-maxRequestBytes] refuses a request one byte over the limit (needs net)",
    limit: "maxRequestBytes",
    most: 200,
    request: (more, wire) => ofBytes(200 + more, wire),
  },
  {
    name:
      "[limit-maxDepth] refuses a request nested one level too deep (needs net)",
    limit: "maxDepth",
    most: 3,
    request: (more) => ({ ...ALICE, more: more > 0 ? [[[]]] : [[]] }),
  },
  {
    name:
      "[limit-maxItems] refuses a request with one item too many (needs net)",
    limit: "maxItems",
    most: 10,
    request: (more) => ({ ...ALICE, more: Array(6 + more).fill(1) }),
  },
];

for (const { name, limit, most, request } of JUST_WITHIN) {
  net.test(name, async () => {
    for (const wire of [pickle, json]) {
      await using test = new TestServer({ wire, [limit]: most });
      using peer = await Peer.greeted(test.addr, wire);
      const within = request(0, wire);
      await peer.send(within, within, within, request(1, wire), BOB);
      const answers = await peer.receiveAll();
      assertEquals(answers.slice(0, 3), [1, 1, 1]);
      assertMatch(String(fields(answers[3]).error), RegExp(`${most}`));
      assertEquals(answers.length, 4);
      assertEquals(test.server.limitHits[limit], 1);
      assertMatch(test.reports[0], RegExp(`refused: .*\\(${limit}\\)$`));
    }
  });
}

net.test("[limit-maxUnfinishedBytes] closes the client whose incomplete request holds most, and no other (needs net)", async () => {
  await using test = new TestServer({ maxUnfinishedBytes: 20_000 });
  using honest = await Peer.greeted(test.addr);
  const [half, rest] = [encode([BOB]).subarray(0, 40), encode([BOB]).slice(40)];
  await honest.sendBytes(half);
  using other = await Peer.greeted(test.addr);
  await other.sendBytes(half);
  // Empty bytes objects: two bytes each, and far more in memory.
  const costly = Uint8Array.from({ length: 100 }, (_, i) => i % 2 ? 0 : 0x43);
  using first = await Peer.greeted(test.addr);
  await first.sendBytes(costly.subarray(0, 60)); // it stays
  using second = await Peer.greeted(test.addr);
  await second.sendBytes(costly);
  const error = "The server holds over 20000 bytes of incomplete messages";
  assertEquals(await second.receiveAll(), [{ error }]);
  for (const peer of [honest, other]) {
    await peer.sendBytes(rest);
    assertEquals(await peer.receive(), 1);
  }
  assertEquals(test.server.limitHits.maxUnfinishedBytes, 1);
});

net.test("A client that keeps an incomplete request is closed when that of another makes it too much (needs net)", async () => {
  await using test = new TestServer({ maxUnfinishedBytes: 20_000 });
  using large = await Peer.greeted(test.addr);
  const costly = Uint8Array.from({ length: 64 }, (_, i) => i % 2 ? 0 : 0x43);
  await large.sendBytes(costly);
  const small: Peer[] = [];
  for (let i = 0; i < 5; i++) {
    const peer = await Peer.greeted(test.addr);
    small.push(peer);
    await peer.sendBytes(encode([BOB]).subarray(0, 40));
  }
  const [{ error }] = (await large.receiveAll()).map(fields);
  assertMatch(String(error), /incomplete messages/);
  for (const peer of small) {
    await peer.sendBytes(encode([BOB]).slice(40));
    assertEquals(await peer.receive(), 1);
    peer.conn.close();
  }
});

net.test("A client whose incomplete request is dropped gets its earlier answers first (needs net)", async () => {
  class Slow extends MemoryRoster {
    override async record(students: readonly Student[]) {
      await delay(200);
      return await super.record(students);
    }
  }
  await using test = new TestServer({
    maxUnfinishedBytes: 3000,
    clientHandler: StudentHandler.with(new Slow()),
  });
  using large = await Peer.greeted(test.addr);
  const [whole, part] = [encode([ALICE]), encode([BOB]).subarray(0, 60)];
  await large.sendBytes(concat([whole, whole, part]));
  await until(() => test.server.writeLock.locked);
  using small = await Peer.greeted(test.addr);
  await small.sendBytes(encode([BOB]).subarray(0, 3));
  using third = await Peer.greeted(test.addr);
  await third.sendBytes(encode([BOB]).subarray(0, 2));
  const answers = await large.receiveAll();
  assertEquals(answers.slice(0, 2), [1, 1]);
  assertMatch(String(fields(answers[2]).error), /incomplete messages/);
});

net.test("A roster that is full is reported once for each client (needs net)", async () => {
  const roster = new MemoryRoster({ maxRosterRows: 0 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler, quiet: true });
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 20; i++) {
    await peer.send(ALICE);
    await peer.receive();
  }
  assertEquals(test.reports.length, 1);
});

net.test("[limit-requestTimeout] refuses a request that takes too long to arrive, and closes (needs net)", async () => {
  await using test = new TestServer({ requestTimeout: 0.3 });
  using silent = await Peer.greeted(test.addr);
  using slow = await Peer.greeted(test.addr);
  await slow.send(BOB);
  assertEquals(await slow.receive(), 1);
  const bytes = encode([ALICE]);
  let sent = 0;
  const answer = slow.receive();
  const drip = setInterval(() => {
    slow.sendBytes(bytes.subarray(sent, ++sent)).catch(() => {});
  }, 10);
  assertMatch(
    String(fields(await answer).error),
    /must be complete within 0.3 s/,
  );
  clearInterval(drip);
  assert(sent < bytes.length);
  assertEquals(await slow.receive(), undefined);
  assertEquals(test.server.limitHits.requestTimeout, 1);
  // This client has not begun a request, so it has no time limit.
  await silent.send(ALICE);
  assertEquals(await silent.receive(), 1);
});

net.test("Limit requestTimeout does not count the server's own processing time (needs net)", async () => {
  class Slow extends ClientHandler {
    protected override async processRequest(request: Message) {
      await delay(300);
      return request;
    }
  }
  await using test = new TestServer({
    clientHandler: Slow,
    requestTimeout: 0.1,
  });
  using peer = await Peer.greeted(test.addr);
  const bytes = encode(["one", "two"]);
  await peer.sendBytes(bytes.subarray(0, -3));
  assertEquals(await peer.receive(), "one");
  await peer.sendBytes(bytes.subarray(-3));
  assertEquals(await peer.receive(), "two");
});

net.test("[limit-idleTimeout] closes a client that sends no complete request (needs net)", async () => {
  await using test = new TestServer({ idleTimeout: 0.5 });
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 5; i++) {
    await delay(20);
    await peer.send(ALICE);
    assertEquals(await peer.receive(), 1);
  }
  assertEquals(await peer.receive(), undefined);
  assertMatch(test.reports[0], /closed: silent for 0.5 s \(idleTimeout\)$/);
  assertEquals(test.server.limitHits.idleTimeout, 1);
});

net.test("Limit idleTimeout closes a client that reads none of its answers (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: EchoHandler,
    idleTimeout: 0.5,
  });
  using peer = await Peer.greeted(test.addr);
  const sending = neverReads(peer);
  await until(() => test.server.handlers.size === 0);
  await sending;
  assertEquals(test.server.limitHits.idleTimeout, 1);
});

net.test("[limit-softQueuedBytes] stops reading from a client that does not read its answers, and loses no answer (needs net)", async () => {
  EchoHandler.requests = 0;
  await using test = new TestServer({ clientHandler: EchoHandler });
  using peer = await Peer.greeted(test.addr);
  const requests = Array.from(
    { length: 1000 },
    (_, i) => [i, "a".repeat(50_000)],
  );
  const sending = peer.sendBytes(encode(requests)); // 50 MB
  await stalled(() => EchoHandler.requests);
  assert(EchoHandler.requests < 1000);
  assert(test.server.limitHits.softQueuedBytes > 0);
  using other = await Peer.greeted(test.addr);
  await other.send("does not wait");
  assertEquals(await other.receive(), "does not wait");
  for (const request of requests) {
    assertEquals(await peer.receive(), request);
  }
  await sending;
});

net.test("[limit-queueTimeout] closes a client that does not read its answers in time (needs net)", async () => {
  EchoHandler.requests = 0;
  await using test = new TestServer({
    clientHandler: EchoHandler,
    queueTimeout: 0.3,
  });
  using slow = await Peer.greeted(test.addr);
  await slow.send("a".repeat(50_000)); // may wait, since it is less than softQueuedBytes
  using peer = await Peer.greeted(test.addr);
  const sending = neverReads(peer);
  await until(() => test.server.handlers.size === 1);
  await sending;
  assertMatch(
    test.reports[0],
    /refused: It does not read its answers: \d+ bytes waited, for 0.3 s \(queueTimeout\)$/,
  );
  assertEquals(test.server.limitHits.queueTimeout, 1);
  assertEquals(await slow.receive(), "a".repeat(50_000));
});

net.test("Limit queueTimeout closes a client that reads some of its answers, and then nothing (needs net)", async () => {
  const softQueuedBytes = 6_000_000; // the kernel buffers some megabytes of these
  await using test = new TestServer({
    clientHandler: Generous,
    queueTimeout: 0.3,
    softQueuedBytes,
  });
  using peer = await Peer.greeted(test.addr);
  await peer.send(softQueuedBytes + 300_000);
  await until(() => test.server.handlers.size === 0);
  assertEquals(test.server.limitHits.queueTimeout, 1);
});

net.test("Limit queueTimeout closes a client that reads nothing after it closed its sending half (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: Generous,
    queueTimeout: 0.3,
    softQueuedBytes: 2 ** 24,
  });
  using peer = await Peer.greeted(test.addr);
  await peer.send(10_000_000); // more than the kernel buffers
  await peer.conn.closeWrite();
  await until(() => test.server.handlers.size === 0);
  assertEquals(test.server.limitHits.queueTimeout, 1);
});

net.test("[limit-maxQueuedBytes] closes a client whose queued answers exceed the limit (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: Generous,
    maxQueuedBytes: 1_000_000,
  });
  using peer = await Peer.greeted(test.addr);
  using other = await Peer.greeted(test.addr);
  await peer.send(3, 1_100_000, 3);
  await until(() => test.server.handlers.size === 1);
  assertEquals(test.server.limitHits.maxQueuedBytes, 1);
  assertMatch(test.reports[0], /wait for it: \d+, over 1000000 \(maxQueued/);
  await other.send(3);
  assertEquals(await other.receive(), "aaa");
});

net.test("[limit-maxInvalidInRow] closes at the 16th invalid request in a row, and not sooner (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.send(...Array(15).fill({}), ALICE, ...Array(20).fill({}));
  const answers = await peer.receiveAll();
  assertEquals(answers.length, 15 + 1 + 16);
  assertEquals(answers[15], 1);
  assertMatch(test.reports.at(-1)!, /closed: 16 invalid requests in a row/);
  assertEquals(test.server.limitHits.maxInvalidInRow, 1);
});

net.test("Server reports the first invalid requests of a client, then only their number (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 20; i++) await peer.send(...Array(10).fill({}), ALICE);
  await peer.conn.closeWrite();
  assertEquals((await peer.receiveAll()).length, 220);
  await until(() => test.server.handlers.size === 0);
  const reports = test.reports.map((line) => line.replace(/^\S+ /, ""));
  const one = "invalid request: student_name is missing: it must be text";
  assertEquals(reports, [
    ...[one, one, one, "197 more invalid requests", "left after 220 requests"],
  ]);
});

net.test("maxInvalidInRow 0 allows any number of invalid requests in a row (needs net)", async () => {
  await using test = new TestServer({ maxInvalidInRow: 0 });
  using peer = await Peer.greeted(test.addr);
  await peer.send(...Array(40).fill({}), ALICE);
  assertEquals((await peer.receiveSome(41)).at(-1), 1);
});

net.test("[limit-maxRosterRows] refuses a new student over the limit, and accepts known ones (needs net)", async () => {
  const roster = new MemoryRoster({ maxRosterRows: 2 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler });
  using peer = await Peer.greeted(test.addr);
  await peer.send(ALICE, { sid: 0 }, BOB, { ...ALICE, sid: 3 }, ALICE);
  const answers = await peer.receiveSome(5);
  assertEquals([answers[0], answers[2], answers[4]], [1, 1, 1]);
  assertMatch(String(fields(answers[1]).error), /^student_name is missing/);
  assertEquals(fields(answers[3]), { error: "The roster is full" });
  assertEquals(test.lines.length, 1 + 3);
  assertEquals(roster.limitHits.maxRosterRows, 1);
});

net.test("[limit-maxRosterBytes] refuses a student whose additional keys exceed the limit (needs net)", async () => {
  const roster = new MemoryRoster({ maxRosterBytes: 10_000 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler });
  using peer = await Peer.greeted(test.addr);
  const large = { ...ALICE, more: Array(200).fill([]) };
  await peer.send(ALICE, BOB, large, BOB);
  const [one, two, refused, again] = await peer.receiveSome(4);
  assertEquals([one, two, again], [1, 1, 1]);
  assertEquals(fields(refused), { error: "The roster is full" });
  assertEquals(roster.limitHits.maxRosterBytes, 1);
});

Deno.test("MemoryRoster counts its bytes, and a replaced row frees its own", async () => {
  const roster = new MemoryRoster({ maxRosterBytes: 4_000 });
  const large = { ...ALICE, more: "a".repeat(1_000) };
  for (let i = 0; i < 100; i++) {
    assertEquals(await roster.record([large]), ["recorded"]);
    assertEquals(await roster.record([ALICE]), ["recorded"]);
  }
  assertEquals(await roster.record([large, { ...large, sid: 2 }]), [
    "recorded",
    { refused: "The roster is full" },
  ]);
});

Deno.test("[limit-maxWaitingOutput] drops a line over the limit", () => {
  const server = new Server({ maxWaitingOutput: 10 });
  server.log(["a line of more than ten characters"]);
  assertEquals(server.limitHits.maxWaitingOutput, 1);
});

net.test("[limit-grace] closes connections that are still open after the limit (needs net)", async () => {
  EchoHandler.requests = 0;
  await using test = new TestServer({ clientHandler: EchoHandler, grace: 0.2 });
  using peer = await Peer.greeted(test.addr);
  const sending = neverReads(peer);
  await stalled(() => EchoHandler.requests); // since the client reads no answers
  await test.server.shutdown();
  assertEquals(test.server.handlers.size, 0);
  assertEquals(test.server.limitHits.grace, 1);
  await sending;
});

Deno.test("Server refuses a limit that is negative, not a number, or too large", () => {
  for (const maxClients of [-1, NaN]) {
    assertThrows(
      () => new Server({ maxClients }),
      RangeError,
      "Cannot limit maxClients",
    );
  }
  assertThrows(() => new Server({ grace: 1e7 }), RangeError, "limit grace");
});
