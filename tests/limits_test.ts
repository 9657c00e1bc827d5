// One test for each limit, which fails when the limit is not enforced. The page
// docs/limits.md and the fault that removes the limit find the test by its id.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { ClientHandler, StudentHandler } from "../clienthandler.ts";
import type { Limits } from "../lib/limits.ts";
import { Roster } from "../lib/students/roster.ts";
import type {
  Message,
  MessageMap,
  WireFormat,
} from "../lib/formats/formats.ts";
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
import { SimulatedServer } from "./support/simulated.ts";
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

net.test("[limit-maxClients] rejects each client over the limit while all others have sent requests, until one leaves (needs net)", async () => {
  await using test = new TestServer({ maxClients: 3 });
  const peers: Peer[] = [];
  for (let i = 0; i < 3; i++) {
    const peer = await Peer.greeted(test.addr);
    peers.push(peer);
    await peer.send({ ...ALICE, sid: i });
    assertEquals(await peer.receive(), 1);
  }
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

Deno.test("[limit-firstRequestTimeout] closes each client that has completed no request in time, and no other", async () => {
  await using test = new SimulatedServer({
    firstRequestTimeout: 60,
    requestTimeout: 0,
  });
  const silent = await test.connect();
  const inTime = await test.connect();
  const dribbling = await test.connect();
  for (let i = 0; i < 58; i++) {
    dribbling.sendBytes(encode([BOB]).subarray(i, i + 1));
    await test.pass(1000);
  }
  await test.ask(inTime, ALICE);
  assertEquals(test.server.handlers.size, 3);
  await test.pass(5000);
  const error = "The first request must come within 60 s";
  for (const late of [silent, dribbling]) {
    assertEquals(late.messages.slice(1), [{ error }]);
    assert(late.hasEnded);
  }
  await test.pass(600_000);
  await test.ask(inTime, ALICE);
  assertEquals(inTime.messages.slice(1), [1, 1]);
  assertEquals(test.server.limitHits.firstRequestTimeout, 2);
  assertMatch(test.reports[0], /refused: .* \(firstRequestTimeout\)$/);
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
  // If the test fails before it awaits this, its end closes the socket meanwhile.
  sending.catch(() => {});
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

net.test("[limit-maxInvalid] closes at the 100th invalid request in all, although valid ones come between (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 120; i++) await peer.send({}, ALICE);
  const answers = await peer.receiveAll();
  assertEquals(answers.length, 100 + 99);
  assertEquals(answers.filter((it) => it === 1).length, 99);
  await until(() => test.server.handlers.size === 0);
  assertMatch(
    test.reports.join(),
    /closed: 100 invalid requests \(maxInvalid\)/,
  );
  assertEquals(test.server.limitHits.maxInvalid, 1);
  assertEquals(test.server.limitHits.maxInvalidInRow, 0);
});

net.test("[limit-maxNewPerConnection] refuses a new student over the limit, and accepts known ones (needs net)", async () => {
  const roster = new Roster(undefined, { maxNewPerConnection: 2 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler });
  using peer = await Peer.greeted(test.addr);
  const third = { ...ALICE, sid: 3 };
  await peer.send(ALICE, { sid: 0 }, BOB, third, ALICE);
  const answers = await peer.receiveSome(5);
  assertEquals([answers[0], answers[2], answers[4]], [1, 1, 1]);
  assertMatch(String(fields(answers[1]).error), /^student_name is missing/);
  assertMatch(String(fields(answers[3]).error), /has brought too many new/);
  assertEquals(test.lines.length, 1 + 3);
  assertEquals(roster.limitHits.maxNewPerConnection, 1);
  using other = await Peer.greeted(test.addr);
  await other.send(third);
  assertEquals(await other.receive(), 1);
});

net.test("[limit-maxNewPerAddress] refuses a new student over the limit on any connection from the address (needs net)", async () => {
  const roster = new Roster(undefined, { maxNewPerAddress: 2 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler });
  const send = async (student: MessageMap): Promise<Message | undefined> => {
    using peer = await Peer.greeted(test.addr);
    await peer.send(student);
    return await peer.receive();
  };
  assertEquals([await send(ALICE), await send(BOB)], [1, 1]);
  const { error } = fields(await send({ ...ALICE, sid: 3 }));
  assertMatch(String(error), /^Too many new students come from your address/);
  assertEquals(await send(ALICE), 1);
  assertEquals(roster.limitHits.maxNewPerAddress, 1);
});

net.test("[limit-maxRosterBytes] refuses a student whose name is too long for what is left (needs net)", async () => {
  const roster = new Roster(undefined, { maxRosterBytes: 10_000 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler });
  using peer = await Peer.greeted(test.addr);
  const large = { ...ALICE, student_name: "a".repeat(4000) };
  await peer.send(ALICE, BOB, large, BOB);
  const [one, two, refused, again] = await peer.receiveSome(4);
  assertEquals([one, two, again], [1, 1, 1]);
  assertEquals(fields(refused), { error: "The roster is full" });
  assertEquals(roster.limitHits.maxRosterBytes, 1);
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
