// Lines about a client name its student, so that they can be matched with the lab's.

import { assert, assertEquals } from "@std/assert";
import { needs } from "./support/needs.ts";
import { ALICE, BOB, Peer, TestServer } from "./support/peers.ts";
import { until } from "../lib/testing/soon.ts";

const net = needs("net");

net.test("The lines about a client have its port and the name in its request (needs net)", async () => {
  await using test = new TestServer();
  using alice = await Peer.greeted(test.addr);
  const { port } = alice.conn.localAddr as Deno.NetAddr;
  await alice.send({ ...ALICE, sid: 1.5 });
  await alice.receive();
  await alice.send({
    ...ALICE,
    student_name: "A\x1b[2J" + "x".repeat(99),
    sid: 1.5,
  });
  await alice.receive();
  await alice.send({ sid: 1 });
  await alice.receive();
  await alice.send(BOB);
  assertEquals(await alice.receive(), 1);
  await alice.sendBytes(new TextEncoder().encode("{}"));
  await alice.receiveAll();
  await until(() => test.server.handlers.size === 0);
  const at = `127.0.0.1/${port}`;
  const [refused, hostile, nameless, broken] = test.reports;
  const why =
    "invalid request: sid must be an integer, text or None, not a float";
  assertEquals(refused, `${at} (Alice Brown) ${why}`);
  const cut = `${at} (A\\x1b[2J${"x".repeat(32)}) ${why}`;
  assertEquals(hostile, cut);
  const missing = 'student_name is missing (the keys that came: "sid")';
  assertEquals(nameless, `${at} (Alice Brown) invalid request: ${missing}`);
  assert(broken.startsWith(`${at} (Bob Chen) refused: Cannot read the`));
});

net.test("The line about a client that leaves has the name that the lab's line has (needs net)", async () => {
  await using test = new TestServer();
  using bob = await Peer.greeted(test.addr);
  const { port } = bob.conn.localAddr as Deno.NetAddr;
  await bob.send(BOB);
  assertEquals(await bob.receive(), 1);
  await bob.conn.closeWrite();
  await bob.receiveAll();
  await until(() => test.server.handlers.size === 0);
  const left = `127.0.0.1/${port} (Bob Chen) left after 1 request`;
  assertEquals(test.reports, [left]);
});

net.test("The line about a client that leaves after refused requests alone has the name that these had (needs net)", async () => {
  await using test = new TestServer();
  using bob = await Peer.greeted(test.addr);
  const { port } = bob.conn.localAddr as Deno.NetAddr;
  await bob.send({ ...BOB, sid: [] });
  await bob.receive();
  await bob.conn.closeWrite();
  await bob.receiveAll();
  await until(() => test.server.handlers.size === 0);
  const left = `127.0.0.1/${port} (Bob Chen) left after 1 request, 1 refused`;
  assertEquals(test.reports.at(-1), left);
});
