// Which clients a server takes, and which make room. tests/limits_test.ts has the
// one test of each limit.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { StudentHandler } from "../clienthandler.ts";
import { SilentClients } from "../lib/connection/silent_clients.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { Random } from "../lib/testing/random.ts";
import { until } from "../lib/testing/soon.ts";
import { needs } from "./support/needs.ts";
import {
  ALICE,
  BOB,
  encode,
  fields,
  Peer,
  TestServer,
} from "./support/peers.ts";
import { type SimulatedPeer, SimulatedServer } from "./support/simulated.ts";

const net = needs("net");

const MADE_ROOM = "The server is full, and you have sent no request";

/** Sends a request, and waits until it is acknowledged. */
async function acknowledged(peer: Peer): Promise<void> {
  await peer.send(ALICE);
  assertEquals(await peer.receive(), 1);
}

/** Connects a client, and waits until it is acknowledged. */
async function served(test: TestServer): Promise<Peer> {
  const peer = await Peer.connect(test.addr);
  assertEquals(Object.keys(fields(await peer.receive())), ["clientid"]);
  await acknowledged(peer);
  return peer;
}

/** Connects clients to a server that takes them all at the same moment, from these addresses, right after `before`. */
async function comeTogether(
  { server }: TestServer,
  addresses: readonly string[],
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<Peer[]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conns: Deno.TcpConn[] = [];
  const peers: Peer[] = [];
  for (const _address of addresses) {
    peers.push(await Peer.connect(listener.addr));
    conns.push(await listener.accept());
  }
  await before();
  conns.forEach((conn, i) => {
    const { port } = conn.remoteAddr;
    void server.handler(conn, { hostname: addresses[i], port });
  });
  return peers;
}

net.test("A full server rejects the client that has been silent for longest, and serves the new one (needs net)", async () => {
  await using test = new TestServer({ maxClients: 3 });
  using first = await Peer.greeted(test.addr);
  using second = await Peer.greeted(test.addr);
  using third = await served(test);
  await first.sendBytes(encode([BOB]).subarray(0, 20)); // the rest may be on its way
  using fourth = await served(test);
  assertEquals(await second.receiveAll(), [{ error: MADE_ROOM }]);
  using fifth = await served(test); // no client is without bytes now
  assertEquals(await first.receiveAll(), [{ error: MADE_ROOM }]);
  assertEquals(test.server.limitHits.maxClients, 2);
  assertEquals(test.server.handlers.size, 3);
  const about = `refused: ${MADE_ROOM} (maxClients)`;
  assertEquals(test.reports.filter((it) => it.endsWith(about)).length, 2);
  // No client is silent now.
  using sixth = await Peer.connect(test.addr);
  const error = "The server is full: it has 3 clients";
  assertEquals(await sixth.receiveAll(), [{ error }]);
  for (const peer of [third, fourth, fifth]) await acknowledged(peer);
});

net.test("A client that was acknowledged, and is silent since, keeps its place in a full server (needs net)", async () => {
  await using test = new TestServer({ maxClients: 2 });
  using first = await served(test);
  for (let i = 0; i < 10; i++) {
    // Each of them makes room for the next.
    const silent = await Peer.greeted(test.addr);
    using next = await Peer.greeted(test.addr);
    assertEquals(await silent.receiveAll(), [{ error: MADE_ROOM }]);
    silent.conn.close();
    next.conn.close();
    await until(() => test.server.handlers.size === 1);
  }
  await acknowledged(first);
  assertEquals(test.server.limitHits.maxClients, 10);
});

net.test("A request that has arrived but is not read yet keeps its client's place (needs net)", async () => {
  await using test = new TestServer({ maxClients: 1 });
  for (let i = 0; i < 20; i++) {
    using first = await Peer.greeted(test.addr);
    const send = () => first.send(ALICE);
    const [second] = await comeTogether(test, ["192.0.2.1"], send);
    assertEquals(await first.receive(), 1);
    const [{ error }] = (await second.receiveAll()).map(fields);
    assertEquals(error, "The server is full: it has 1 client");
    second.conn.close();
    first.conn.close();
    await until(() => test.server.handlers.size === 0);
  }
});

for (const isSilent of [true, false]) {
  const those = isSilent ? "silent" : "served";
  net.test(`Clients that come at the same moment to a server full of ${those} clients never exceed maxClients (needs net)`, async () => {
    const sizes: number[] = [];
    class Counting extends StudentHandler {
      protected override async sendId(): Promise<void> {
        sizes.push(test.server.handlers.size);
        await super.sendId();
      }
    }
    await using test: TestServer = new TestServer({
      clientHandler: Counting,
      maxClients: 3,
    });
    const before: Peer[] = [];
    for (let i = 0; i < 3; i++) {
      before.push(
        isSilent ? await Peer.greeted(test.addr) : await served(test),
      );
    }
    const after = await comeTogether(test, Array(10).fill("127.0.0.1"));
    // The last three are served, or none is.
    const gone = isSilent ? [...before, ...after.slice(0, 7)] : after;
    const left = isSilent ? after.slice(7) : before;
    for (const peer of gone) {
      const { error } = fields((await peer.receiveAll()).at(-1));
      assertMatch(String(error), /^The server is full/);
    }
    if (isSilent) { for (const peer of left) await peer.receive(); }
    for (const peer of left) await acknowledged(peer);
    assertEquals(test.server.handlers.size, 3);
    assertEquals(Math.max(...sizes), 3);
    assertEquals(sizes.length, isSilent ? 3 + 10 : 3);
    for (const peer of [...before, ...after]) peer.conn.close();
  });
}

net.test("No client makes room for one that the limit of its address rejects (needs net)", async () => {
  await using test = new TestServer({
    maxClients: 3,
    maxClientsPerAddress: 2,
  });
  const peers = await comeTogether(test, [
    ...["192.0.2.2", "192.0.2.1", "192.0.2.1", "192.0.2.1"],
  ]);
  const [silent, first, second, over] = peers;
  const { error } = fields((await over.receiveAll())[0]);
  assertMatch(String(error), /^The server has 2 clients from your address/);
  for (const peer of [first, second, silent]) {
    await peer.receive();
    await acknowledged(peer);
  }
  assertEquals(test.server.limitHits.maxClients, 0);
  for (const peer of peers) peer.conn.close();
});

net.test("The clients of an address are counted right after many came, left and were rejected (needs net)", async () => {
  await using test = new TestServer({
    maxClients: 5,
    maxClientsPerAddress: 4,
    quiet: true,
  });
  const [here, there] = ["192.0.2.1", "192.0.2.2"];
  for (let round = 0; round < 20; round++) {
    const peers = await comeTogether(test, [
      ...[here, here, here, here, here, there, there, there],
    ]);
    for (const [i, peer] of peers.entries()) {
      if (i % 2 === round % 2) await peer.send(ALICE).catch(() => {});
      if (i % 3 === round % 3) await peer.receive();
      peer.conn.close();
    }
    await until(() => test.server.handlers.size === 0);
  }
  const peers = await comeTogether(test, [...Array(6).fill(here), there]);
  const answers = await Promise.all(peers.map((peer) => peer.receive()));
  const rejected = answers.filter((it) => "error" in fields(it));
  assertEquals(rejected.length, 2);
  for (const answer of rejected) {
    const { error } = fields(answer);
    assertMatch(String(error), /^The server has 4 clients from your address/);
  }
  for (const peer of peers) peer.conn.close();
});

Deno.test("A client may be silent for any time after its first request, and before it if firstRequestTimeout is 0", async () => {
  for (const firstRequestTimeout of [600, 0]) {
    await using test = new SimulatedServer({ firstRequestTimeout });
    const silent = await test.connect();
    const early = await test.connect();
    await test.ask(early, ALICE);
    await test.pass(599_000);
    assert(!silent.hasEnded);
    await test.pass(86_400_000);
    assertEquals(silent.hasEnded, firstRequestTimeout > 0);
    await test.ask(early, BOB);
    assertEquals(early.messages.slice(1), [1, 1]);
  }
});

Deno.test("Each client has its own time for its first request", async () => {
  await using test = new SimulatedServer({ firstRequestTimeout: 60 });
  const peers: SimulatedPeer[] = [];
  for (let i = 0; i < 6; i++) {
    peers.push(await test.connect());
    await test.pass(9_000);
  }
  // The time of the first client ends soon, and that of the others 9.1 s later each.
  for (let i = 0; i < 6; i++) {
    if (i % 2 === 1) await test.ask(peers[i], ALICE);
    for (const isOver of [false, true]) {
      const ended = peers.map(({ hasEnded }) => hasEnded);
      const due = peers.map((_, j) => j % 2 === 0 && j < i + (isOver ? 1 : 0));
      assertEquals(ended, due, `client ${i}`);
      await test.pass(isOver ? 1_000 : 8_100);
    }
  }
  assertEquals(test.server.limitHits.firstRequestTimeout, 3);
});

Deno.test("The timer for first requests ends when no silent client is left", async () => {
  await using test = new SimulatedServer({ firstRequestTimeout: 60 });
  const { clock } = test;
  const silent = await test.connect();
  assertEquals(clock.timers, 1);
  const other = await test.connect();
  assertEquals(clock.timers, 1); // one for all clients
  for (const { conn } of [silent, other]) conn.close();
  await test.pass(1000);
  assertEquals([clock.timers, test.server.handlers.size], [0, 0]);
  const early = await test.connect();
  await test.ask(early, ALICE);
  await test.pass(61_000);
  assertEquals([clock.timers, test.server.handlers.size], [0, 1]);
});

Deno.test("SilentClients has one timer, also if a client comes while it looks for late ones", async () => {
  using clock = new SimulatedClock(new Random(1));
  const rejected: number[] = [];
  const client = (clientId: number) => ({
    clientId,
    hasSent: "nothing" as const,
    reject: () => Promise.resolve(void rejected.push(clientId)),
  });
  const silent = new SilentClients(60);
  const [first, second] = [client(1), client(2)];
  silent.add(first);
  // After the timer has fired, and before the sockets are polled.
  setImmediate(() => {
    silent.delete(first);
    silent.add(second);
  });
  await clock.step();
  assertEquals([clock.timers, clock.now], [1, 60_000]);
  silent.delete(second);
  assertEquals(clock.timers, 0);
  silent.add(second);
  await clock.step();
  assertEquals([rejected, clock.timers], [[2], 0]);
});
