// More about some limits. tests/limits_test.ts has the one test of each limit.

import { assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { concat } from "@std/bytes/concat";
import { ClientHandler, StudentHandler } from "../clienthandler.ts";
import { until } from "../lib/testing/soon.ts";
import type { Message } from "../lib/formats/formats.ts";
import { Roster } from "../lib/students/roster.ts";
import { needs } from "./support/needs.ts";
import { HookedStore } from "./support/roster.ts";
import {
  ALICE,
  BOB,
  encode,
  fields,
  Peer,
  TestServer,
} from "./support/peers.ts";

const net = needs("net");

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
  const slow = new HookedStore(() => delay(200));
  await using test = new TestServer({
    maxUnfinishedBytes: 3000,
    clientHandler: StudentHandler.with(new Roster(slow)),
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

net.test("Server reports the first invalid requests of a client, then only their number (needs net)", async () => {
  await using test = new TestServer({ maxInvalid: 0 });
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 20; i++) await peer.send(...Array(10).fill({}), ALICE);
  await peer.conn.closeWrite();
  assertEquals((await peer.receiveAll()).length, 220);
  await until(() => test.server.handlers.size === 0);
  const reports = test.reports.map((line) =>
    line.replace(/^\S+ (?:\(.*?\) )?/, "")
  );
  const one = "invalid request: student_name is missing (the dict is empty)";
  assertEquals(reports, [
    ...[
      one,
      one,
      one,
      "197 more invalid requests",
      "left after 220 requests, 200 refused",
    ],
  ]);
});

net.test("maxInvalidInRow 0 allows any number of invalid requests in a row (needs net)", async () => {
  await using test = new TestServer({ maxInvalidInRow: 0 });
  using peer = await Peer.greeted(test.addr);
  await peer.send(...Array(40).fill({}), ALICE);
  assertEquals((await peer.receiveSome(41)).at(-1), 1);
});

net.test("maxInvalid 0 allows any number of invalid requests (needs net)", async () => {
  await using test = new TestServer({ maxInvalid: 0 });
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 150; i++) await peer.send({}, ALICE);
  const answers = await peer.receiveSome(300);
  assertEquals(answers.filter((it) => it === 1).length, 150);
});

net.test("A roster that is full is reported once for each client (needs net)", async () => {
  const roster = new Roster(undefined, { maxRosterBytes: 0 });
  const clientHandler = StudentHandler.with(roster);
  await using test = new TestServer({ clientHandler, quiet: true });
  using peer = await Peer.greeted(test.addr);
  for (let i = 0; i < 20; i++) {
    await peer.send(ALICE);
    await peer.receive();
  }
  assertEquals(test.reports.length, 1);
  assertMatch(test.reports[0], /refused: The roster is full$/);
});
