import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { connect } from "node:net";
import { delay } from "@std/async/delay";
import { ClientHandler } from "../clienthandler.ts";
import type { Message } from "../lib/formats/formats.ts";
import { Server } from "../server.ts";
import { needs } from "./support/needs.ts";
import { readVectors } from "./support/vectors.ts";
import {
  ALICE,
  ALICES_LINE,
  BOB,
  encode,
  fields,
  json,
  Peer,
  pickle,
  TestServer,
} from "./support/peers.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { SimulatedNetwork } from "../lib/testing/network.ts";
import { Random } from "../lib/testing/random.ts";
import { until } from "../lib/testing/soon.ts";

const net = needs("net");

const BOBS_LINE =
  "Connected: Student: Bob Chen, Github Username: bchen, sid: 987654321";

net.test("Server serves two clients at the same time, as the lab shows (needs net)", async () => {
  await using test = new TestServer();
  const { hostname, port } = test.addr;
  assertEquals(test.lines, [`Listening at ${hostname}/${port}`]);
  using alice = await Peer.connect(test.addr);
  using bob = await Peer.connect(test.addr);
  const own = (peer: Peer) => ({
    clientid: (peer.conn.localAddr as Deno.NetAddr).port,
  });
  for (const peer of [alice, bob]) {
    assertEquals(fields(await peer.receive()), own(peer));
  }
  await bob.send(BOB);
  assertEquals(await bob.receive(), 1);
  await alice.send(ALICE);
  assertEquals(await alice.receive(), 1);
  assertEquals(test.lines.slice(1), [BOBS_LINE, ALICES_LINE]);
  assertEquals(
    [...test.server.handlers.keys()].sort(),
    [own(alice).clientid, own(bob).clientid].sort(),
  );
});

net.test("Server answers 1,000 requests in one segment, in order (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  const requests = Array.from(
    { length: 1000 },
    (_, sid) => ({ ...ALICE, sid }),
  );
  await peer.send(...requests);
  assertEquals(await peer.receiveSome(1000), Array(1000).fill(1));
  assertEquals(
    test.lines.slice(1),
    requests.map(({ sid }) => ALICES_LINE.replace("123456789", `${sid}`)),
  );
});

net.test("Server answers a request that arrives byte by byte exactly once, when it is complete (needs net)", async () => {
  await using test = new TestServer();
  using slow = await Peer.greeted(test.addr);
  using other = await Peer.greeted(test.addr);
  const bytes = encode([ALICE]);
  for (const byte of bytes.subarray(0, -1)) {
    await slow.sendBytes(Uint8Array.of(byte));
    await other.send(BOB); // does not wait for the slow client
    assertEquals(await other.receive(), 1);
  }
  assert(!test.lines.includes(ALICES_LINE));
  await slow.sendBytes(bytes.subarray(-1));
  assertEquals(await slow.receive(), 1);
  assertEquals(test.lines.filter((line) => line === ALICES_LINE).length, 1);
});

net.test("Server answers requests that are cut at any byte (needs net)", async () => {
  await using test = new TestServer({ quiet: true });
  using peer = await Peer.greeted(test.addr);
  const bytes = encode([ALICE, BOB]);
  for (let cut = 1; cut < bytes.length; cut++) {
    await peer.sendBytes(bytes.subarray(0, cut));
    await delay(0); // so that the pieces arrive separately
    await peer.sendBytes(bytes.subarray(cut));
    assertEquals(await peer.receiveSome(2), [1, 1], `cut at ${cut}`);
  }
});

net.test("Server answers requests of sizes around common read sizes (needs net)", async () => {
  await using test = new TestServer({ quiet: true });
  using peer = await Peer.greeted(test.addr);
  const empty = encode([{ ...ALICE, student_name: "" }]).length;
  for (const size of [1023, 1024, 1025, 4089, 4096, 4097, 16384, 65536]) {
    const name = "a".repeat(size - empty);
    const bytes = encode([{ ...ALICE, student_name: name }]);
    assertEquals(bytes.length, size);
    await peer.sendBytes(bytes);
    assertEquals(await peer.receive(), 1, `${size} bytes`);
  }
  await peer.send({ ...ALICE, student_name: "a".repeat(65537 - empty) });
  const { error } = fields(await peer.receive());
  assertMatch(String(error), /longer than 65536 bytes/);
  assertEquals(await peer.receive(), undefined);
});

net.test("Server acknowledges one client among 50 silent ones (needs net)", async () => {
  await using test = new TestServer();
  const silent = await Promise.all(
    Array.from({ length: 50 }, () => Peer.connect(test.addr)),
  );
  using peer = await Peer.greeted(test.addr);
  await peer.send(ALICE);
  assertEquals(await peer.receive(), 1);
  await until(() => test.server.handlers.size === 51);
  assertEquals(test.reports, []); // a silent client is not reported until it leaves
  for (const one of silent) one.conn.close();
  await until(() => test.server.handlers.size === 1);
  const left = silent.map(({ conn }) => {
    const { port } = conn.localAddr as Deno.NetAddr;
    return `127.0.0.1/${port} left without a request`;
  });
  assertEquals(test.reports.toSorted(), left.toSorted());
});

net.test("Server prints 600 complete lines for 24 clients at the same time (needs net)", async () => {
  await using test = new TestServer();
  const peers = await Promise.all(
    Array.from({ length: 24 }, () => Peer.greeted(test.addr)),
  );
  await Promise.all(peers.map(async (peer, sid) => {
    for (let i = 0; i < 25; i++) {
      await peer.send({ ...ALICE, sid: sid * 100 + i });
      assertEquals(await peer.receive(), 1);
    }
    peer.conn.close();
  }));
  const sids = test.lines.slice(1).map((line) => {
    assertMatch(
      line,
      /^Connected: Student: Alice Brown, Github Username: abrown, sid: \d+$/,
    );
    return Number(line.split(": ").pop());
  });
  assertEquals(sids.length, 600);
  assertEquals(new Set(sids).size, 600);
});

net.test("Server waits for the format's pause between the greeting and the first answer (needs net)", async () => {
  const wire = { ...pickle, greetingPause: 300 };
  const written: number[] = [];
  await using test = new TestServer({
    wire,
    onEvent: (_, { type }) => {
      if (type === "written") written.push(performance.now());
    },
  });
  using peer = await Peer.connect(test.addr);
  await peer.send(ALICE); // before the greeting was read
  assertEquals(await peer.receiveSome(2).then(([, answer]) => answer), 1);
  assert(written[1] - written[0] >= 299, `${written[1] - written[0]} ms`);
  await peer.send(BOB);
  assertEquals(await peer.receive(), 1);
});

net.test("Server refuses a hostile pickle, names the opcode, and closes only that connection (needs net)", async () => {
  await using test = new TestServer();
  using bystander = await Peer.greeted(test.addr);
  const hostile = readVectors("hostile").filter(({ name }) =>
    /^(os_system|eval)_p/.test(name)
  );
  assertEquals(hostile.length, 12);
  for (const { name, bytes } of hostile) {
    using peer = await Peer.greeted(test.addr);
    await peer.sendBytes(new Uint8Array([...encode([BOB]), ...bytes]));
    const [ack, refusal, ...more] = await peer.receiveAll();
    assertEquals(ack, 1);
    assertMatch(
      String(fields(refusal).error),
      /opcode (STACK_)?GLOBAL/,
      name,
    );
    assertEquals(more, []);
    await bystander.send(ALICE);
    assertEquals(await bystander.receive(), 1);
  }
  assertEquals(test.reports.filter((line) => /refused/.test(line)).length, 12);
});

net.test("Server names the wrong field of an invalid request, and keeps the connection (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  const { sid: _, ...noSid } = ALICE;
  const cases: [Message, string][] = [
    [
      noSid,
      'sid is missing (the keys that came: "student_name", "github_username")',
    ],
    [{ ...noSid, SID: 7 }, 'sid is missing (there is "SID")'],
    [{}, "student_name is missing (the dict is empty)"],
    [
      { ...ALICE, sid: 1.5 },
      "sid must be an integer, text or None, not a float",
    ],
    [
      { ...ALICE, sid: 1e300 },
      "sid must be an integer, text or None, not a float",
    ],
    [{ ...ALICE, sid: true }, "sid must be an integer, text or None, not True"],
    [
      { ...ALICE, student_name: [] },
      "student_name must be text or None, not a list",
    ],
    [
      { ...ALICE, github_username: 7 },
      "github_username must be text or None, not an integer",
    ],
  ];
  for (const [request, error] of cases) {
    await peer.send(request, ALICE);
    const [refusal, ack] = await peer.receiveSome(2);
    assertEquals(fields(refusal), { error });
    assertEquals(ack, 1);
  }
  await peer.sendBytes(new TextEncoder().encode("}I1\nI2\ns.")); // {1: 2}
  const refusal = fields(await peer.receive());
  assertEquals(
    refusal.error,
    "A request's keys must all be text, not an integer",
  );
});

net.test("Server accepts text and large integers as sid, None as a name, and further keys (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.send(
    { ...ALICE, sid: "SID: 920652002" },
    { student_name: null, github_username: null, sid: 0, section: 3 },
    { ...ALICE, sid: 2n ** 70n },
  );
  assertEquals(await peer.receiveSome(3), [1, 1, 1]);
  assertEquals(test.lines.slice(1), [
    ALICES_LINE.replace("123456789", "SID: 920652002"),
    "Connected: Student: None, Github Username: None, sid: 0",
    ALICES_LINE.replace("123456789", `${2n ** 70n}`),
  ]);
});

net.test("Server answers a message that is not a dict with an error, and closes without answering later ones (needs net)", async () => {
  await using test = new TestServer();
  for (const message of [1, "text", [ALICE], null]) {
    using peer = await Peer.greeted(test.addr);
    await peer.send(ALICE, message, ALICE);
    const [ack, refusal, ...more] = await peer.receiveAll();
    assertEquals([ack, more], [1, []]);
    assertMatch(String(fields(refusal).error), /must be a dict, not/);
  }
  assertEquals(test.lines.length, 1 + 4);
});

net.test("Server reads for a while from a refused client that keeps sending, and then closes (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  const garbage = new Uint8Array(10_000).fill(0xff);
  let closed = false;
  const sending = (async () => {
    while (!closed) {
      await peer.sendBytes(garbage);
      await delay(1);
    }
  })().catch(() => {});
  const begin = performance.now();
  await until(() => test.server.handlers.size === 0);
  // An immediate close would reset the connection, and could lose the refusal.
  assert(performance.now() - begin > 1000);
  closed = true;
  await sending;
  assertEquals(test.reports.length, 1);
});

net.test("Server sends an error if the connection ends inside a message (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.sendBytes(encode([ALICE]).subarray(0, 20));
  await peer.conn.closeWrite();
  const [refusal] = await peer.receiveAll();
  assertEquals(
    String(fields(refusal).error),
    "The connection ended 20 bytes into a message",
  );
});

net.test("Server answers a client that has closed its sending half (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.send(ALICE, BOB);
  await peer.conn.closeWrite();
  assertEquals(await peer.receiveAll(), [1, 1]);
  await until(() => test.server.handlers.size === 0);
  assertEquals(test.reports.length, 1);
  assertMatch(test.reports[0], /left after 2 requests$/);
});

net.test("Server refuses an HTTP request at once (needs net)", async () => {
  for (const format of [undefined, json]) {
    await using test = new TestServer({ wire: format });
    using peer = await Peer.greeted(test.addr, format);
    await peer.sendBytes(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
    const answers = await peer.receiveAll();
    assertEquals(answers.length, 1);
    assertEquals(test.reports.length, 1); // only the refusal, since there was no request
  }
});

net.test("Server escapes control characters in a name (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.send({ ...ALICE, student_name: "Eve\nConnected: \x1b[2J\u202e" });
  assertEquals(await peer.receive(), 1);
  assertEquals(
    test.lines[1],
    ALICES_LINE.replace(
      "Alice Brown",
      "Eve\\nConnected: \\x1b[2J\\u202e",
    ),
  );
});

net.test("Server gives a client the next free id above 65535 if its port is taken as an id (needs net)", async () => {
  await using test = new TestServer();
  const { server } = test;
  using first = await Peer.greeted(test.addr);
  const { port } = first.conn.localAddr as Deno.NetAddr;
  assertEquals(server.freeClientId(port), 65_536);
  assertEquals(server.freeClientId(port), 65_537);
  assertEquals(server.freeClientId(port - 1), port - 1);
});

net.test("Server keeps a client in its table when a rejected client with the same port leaves (needs net)", async () => {
  await using test = new TestServer({ maxClientsPerAddress: 1 });
  const { server } = test;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  /** Connects a client that seems to come from this address, and from port 7. */
  const come = async (hostname: string) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const served = server.handler(await listener.accept(), {
      hostname,
      port: 7,
    });
    return { conn, served };
  };
  const first = await come("192.0.2.1");
  const rejected = await come("192.0.2.1");
  const second = await come("192.0.2.2");
  assertEquals([...server.handlers.keys()], [7, 65_536]);
  rejected.conn.close();
  await rejected.served;
  assertEquals([...server.handlers.keys()], [7, 65_536]);
  for (const { conn, served } of [first, second]) {
    conn.close();
    await served;
  }
  assertEquals(server.handlers.size, 0);
});

net.test("Server calls onEvent for every event, and ignores what it throws (needs net)", async () => {
  const events: [number, string][] = [];
  let calls = 0;
  await using test = new TestServer({
    onEvent: (client, { type }) => {
      events.push([client, type]);
      // deno-lint-ignore no-explicit-any -- returns a promise that the type does not allow
      if (calls++ % 2 === 0) return Promise.reject(new Error("late")) as any;
      throw new Error("at once");
    },
  });
  using peer = await Peer.greeted(test.addr);
  const { port } = peer.conn.localAddr as Deno.NetAddr;
  await peer.send(ALICE, BOB);
  assertEquals(await peer.receiveSome(2), [1, 1]);
  peer.conn.close();
  await until(() => events.length > 0 && events.at(-1)![1] === "closed");
  assertEquals(new Set(events.map(([client]) => client)), new Set([port]));
  assertEquals(events.map(([, type]) => type).slice(0, 6), [
    "accepted",
    "queued",
    "written",
    "read",
    "queued",
    "written",
  ]);
});

net.test("Server tells onEvent of every refusal, with the error that the client gets (needs net)", async () => {
  const refused: string[] = [];
  await using test = new TestServer({
    maxInvalidInRow: 0,
    onEvent: (_, event) => {
      if (event.type === "refused") refused.push(event.error.message);
    },
  });
  using peer = await Peer.greeted(test.addr);
  const wrong = Array.from({ length: 10 }, () => ({ ...ALICE, sid: [1] }));
  await peer.send(...wrong, ALICE, 5);
  const answers = await peer.receiveSome(12);
  const errors = answers.filter((it) => it !== 1).map((it) => fields(it).error);
  assertEquals(errors.length, 11);
  assertEquals(refused, errors);
});

net.test("Server speaks JSON lines with the format json (needs net)", async () => {
  await using test = new TestServer({ wire: json });
  using peer = await Peer.greeted(test.addr, json);
  await peer.send({ ...ALICE, sid: "9007199254740993" }, BOB);
  assertEquals(await peer.receiveSome(2), [1, 1]);
  await peer.sendBytes(
    new TextEncoder().encode('{"sid":9007199254740993}\n'),
  );
  const { error } = fields(await peer.receive());
  assertMatch(String(error), /must be sent as text/);
});

net.test("Server.shutdown() answers the requests sent, closes each connection, and frees the port (needs net)", async () => {
  await using test = new TestServer();
  const { port } = test.addr;
  using silent = await Peer.greeted(test.addr);
  using busy = await Peer.greeted(test.addr);
  await busy.send(ALICE, BOB);
  const greeting = Peer.connect(test.addr); // waits in the backlog
  const shutdown = test.server.shutdown();
  assertEquals(await busy.receiveAll(), [1, 1]);
  assertEquals(await silent.receiveAll(), []);
  using late = await greeting;
  assertEquals((await late.receiveAll()).length, 1);
  for (const peer of [silent, busy, late]) peer.conn.close();
  await shutdown;
  assertEquals(test.server.limitHits.grace, 0); // it ended before that time
  assertEquals(test.server.handlers.size, 0);
  await test.running;
  await using again = new TestServer({ port });
  assertEquals(again.addr.port, port);
});

net.test("Server.shutdown() answers 1,000 clients whose requests arrive at the same moment (needs net)", async () => {
  await using test = new TestServer({ quiet: true });
  const peers: Peer[] = [];
  while (peers.length < 1000) peers.push(await Peer.greeted(test.addr));
  const sending = peers.map((peer) => peer.send(ALICE, BOB));
  const shutdown = test.server.shutdown();
  // When the server polls next, all clients have been silent for long enough.
  for (const end = performance.now() + 300; performance.now() < end;);
  await Promise.all(sending);
  const answers = await Promise.all(peers.map((peer) => peer.receiveAll()));
  assertEquals(answers.filter((both) => both.length !== 2), []);
  await shutdown;
  for (const peer of peers) peer[Symbol.dispose]();
});

net.test("Server.shutdown() answers requests that arrived while a handler blocked the thread (needs net)", async () => {
  class Blocking extends ClientHandler {
    protected override processRequest(request: Message): Message {
      // Blocks for longer than a shutdown serves clients that keep sending.
      const end = Date.now() + (request === "block" ? 1200 : 0);
      while (Date.now() < end);
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Blocking, wire: json });
  const blocking = await Peer.greeted(test.addr, json);
  // A worker sends the requests, since this thread is blocked.
  const { port } = test.addr;
  const script = `const conns = [];
    for (let i = 0; i < 4; i++) {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: ${port} });
      await conn.read(new Uint8Array(100));
      conns.push(conn);
    }
    postMessage("connected");
    onmessage = async () => {
      postMessage("sending");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const text = new TextEncoder().encode('"late"\\n');
      const answers = conns.map(async (conn) => {
        await conn.write(text);
        const count = await conn.read(new Uint8Array(100));
        conn.close();
        return count;
      });
      postMessage(await Promise.all(answers));
    };`;
  const url = URL.createObjectURL(
    new Blob([script], { type: "text/javascript" }),
  );
  const worker = new Worker(url, { type: "module" });
  const said = () =>
    new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
  await said();
  const sending = said();
  worker.postMessage("go");
  await sending;
  const answers = said();
  const shutdown = test.server.shutdown();
  await blocking.send("block");
  assertEquals(await answers, [7, 7, 7, 7]);
  blocking.conn.close();
  await shutdown;
  worker.terminate();
  URL.revokeObjectURL(url);
});

net.test("Server.shutdown() drains clients that connect meanwhile, so that maxClients rejects none (needs net)", async () => {
  await using test = new TestServer({ maxClients: 10 });
  const shutdown = test.server.shutdown();
  const greetings: (Message | undefined)[] = [];
  const peers: Peer[] = [];
  for (let i = 0; i < 40; i++) {
    const peer = await Peer.connect(test.addr);
    peers.push(peer);
    greetings.push(await peer.receive());
    void peer.receiveAll().then(() => peer[Symbol.dispose]());
    await delay(30);
  }
  await shutdown;
  const refused = greetings.filter((it) => !("clientid" in fields(it)));
  assertEquals(refused, []);
});

net.test("Server.shutdown() does not wait for silent clients that stay connected (needs net)", async () => {
  await using test = new TestServer({ grace: 3600 });
  using silent = await Peer.greeted(test.addr);
  await test.server.shutdown();
  assertEquals(test.server.limitHits.grace, 0);
  assertEquals(await silent.receiveAll(), []);
});

net.test("Server.shutdown() ends in good order for a client that never stops sending (needs net)", async () => {
  await using test = new TestServer({ quiet: true });
  using peer = await Peer.greeted(test.addr);
  let sent = 0;
  const sending = (async () => {
    for (;;) {
      await peer.send(ALICE);
      sent++;
    }
  })().catch(() => {});
  let acknowledged = 0;
  const receiving = (async () => {
    while (await peer.receive() === 1) acknowledged++;
    peer.conn.close();
  })();
  await until(() => acknowledged > 10);
  await test.server.shutdown();
  await receiving;
  await sending;
  assert(acknowledged <= sent);
});

net.test("Server.close() closes all connections at once (needs net)", async () => {
  const test = new TestServer({ grace: 1000 });
  using peer = await Peer.greeted(test.addr);
  const shutdown = test.server.shutdown();
  test.server.close();
  await shutdown;
  await test.running;
  assertEquals(await peer.receiveAll(), []);
});

net.test("Server admits a client as soon as another has left, although it is full (needs net)", async () => {
  await using test = new TestServer({ maxClients: 1 });
  for (let i = 0; i < 100; i++) {
    using peer = await Peer.connect(test.addr);
    const greeting = fields(await peer.receive());
    assertEquals(Object.keys(greeting), ["clientid"], `client ${i}`);
    await peer.send(ALICE);
    assertEquals(await peer.receive(), 1);
  }
});

net.test("Server continues after a client resets its connection before it is accepted (needs net)", async () => {
  await using test = new TestServer();
  for (let i = 0; i < 20; i++) {
    const socket = connect(test.addr.port, test.addr.hostname);
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.resetAndDestroy();
    await new Promise((resolve) => socket.once("close", resolve));
  }
  using peer = await Peer.greeted(test.addr);
  await peer.send(ALICE);
  assertEquals(await peer.receive(), 1);
  await until(() => test.server.handlers.size === 1);
  for (const line of test.reports) {
    assertMatch(line, / left without a request$/);
  }
});

net.test("A client that is connected without a request when the server shuts down has not left (needs net)", async () => {
  await using test = new TestServer();
  using _silent = await Peer.greeted(test.addr);
  await test.server.shutdown();
  assertEquals(test.reports, []);
});

net.test("Server.listen() throws if the port is in use or the server was shut down, and Server.addr throws before listen() (needs net)", async () => {
  await using test = new TestServer();
  const { port } = test.addr;
  const other = new Server({ port });
  assertThrows(() => other.addr, Error, "not listening");
  assertThrows(() => other.listen(), Deno.errors.AddrInUse);
  await other.shutdown();
  assertThrows(() => other.listen(), Error, "listens only once");
});

Deno.test("Server reports that it cannot accept clients, and again only after 10 s without a failure", async () => {
  using clock = new SimulatedClock(new Random(1));
  const network = new SimulatedNetwork(clock, new Random(1));
  const reports: string[] = [];
  const report = (line: string) => reports.push(line);
  const server = new Server({ network, log: () => {}, report });
  const pass = async (ms: number) => {
    const end = clock.now + ms;
    clock.schedule(ms, () => {});
    while (clock.now < end && await clock.step());
  };
  const refuse = async (ms: number) => {
    network.listener!.descriptors = false;
    void network.through("a client").connect(server.addr);
    await pass(ms); // a failure every 100 ms
    network.listener!.descriptors = true;
  };
  void server.run();
  await refuse(15_000);
  await pass(9_000);
  await refuse(200);
  assertEquals(reports.length, 1);
  await pass(11_000);
  await refuse(200);
  const why = "Cannot accept clients: Error: Too many open files";
  assertEquals(reports, [why, why]);
  server.close();
  while (await clock.step());
});
