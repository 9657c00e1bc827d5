// What an application can do in its handler, besides answering each request.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import process from "node:process";
import { Client } from "../client.ts";
import {
  ClientHandler,
  LastResponse,
  Refusal,
  StudentHandler,
} from "../clienthandler.ts";
import { FORMATS, type Message } from "../lib/formats/formats.ts";
import { ProtocolError, RequestError } from "../lib/formats/formats.ts";
import type { LimitName } from "../lib/limits.ts";
import type { Connection } from "../lib/net.ts";
import { until } from "../lib/testing/soon.ts";
import {
  type CloseReason,
  type Reported,
  Server,
  type ServerOptions,
} from "../server.ts";
import { needs } from "./support/needs.ts";
import {
  EchoHandler,
  encode,
  fields,
  Peer,
  TestServer,
} from "./support/peers.ts";

const net = needs("net");
const { json } = FORMATS;

/** Answers a number after so many milliseconds, `null` not at all, other requests at once. */
class TimedHandler extends ClientHandler {
  override parallel = 1;

  protected override processRequest(
    request: Message,
  ): Message | undefined | Promise<Message> {
    if (request === null) return undefined;
    return typeof request === "number"
      ? delay(request).then(() => request)
      : request;
  }
}

/** Answers each batch as a whole. */
class WholeHandler extends ClientHandler {
  protected override async processBatch(requests: readonly Message[]) {
    const all = await this.processEach(
      requests,
      (it) => this.processRequest(it),
    );
    return all.map((it) => it instanceof Refusal ? it.response : it);
  }

  protected override processRequest(
    request: Message,
  ): Message | Promise<Message> {
    if (request === "slow") return delay(5).then(() => request);
    if (request === "rejects") return Promise.reject(new RequestError("late"));
    if (request === "throws") throw new RequestError("at once");
    if (request === "ends") throw new ProtocolError("the end");
    return request;
  }
}

net.test("ClientHandler.processEach() keeps the order of results and refusals, and stops at the one that ends the connection (needs net)", async () => {
  await using test = new TestServer({ clientHandler: WholeHandler });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1, "throws", 2);
  assertEquals(await peer.receiveSome(3), [1, { error: "at once" }, 2]);
  await peer.send("slow", 3, "rejects", "throws", "slow", 4, "ends", 5);
  assertEquals(await peer.receiveSome(7), [
    ...["slow", 3, { error: "late" }, { error: "at once" }, "slow", 4],
    { error: "the end" },
  ]);
  assertEquals(await peer.receive(), undefined);
});

class ParallelHandler extends TimedHandler {
  override parallel = 16;
}

net.test("A response that is ready is not held back by one that is not (needs net)", async () => {
  await using test = new TestServer({ clientHandler: TimedHandler });
  using peer = await Peer.greeted(test.addr);
  const began = performance.now();
  await peer.send("fast", 3_000, "after");
  assertEquals(await peer.receive(), "fast");
  assert(performance.now() - began < 2_000, "it waited for the slow one");
  assertEquals(await peer.receiveSome(2), [3_000, "after"]);
});

net.test("A client that reads gets any number of large answers to requests of one read (needs net)", async () => {
  class Large extends ClientHandler {
    protected override processRequest(): Message {
      return "a".repeat(100_000);
    }
  }
  await using test = new TestServer({ clientHandler: Large });
  using peer = await Peer.greeted(test.addr);
  await peer.send(...Array(200).fill(1));
  const answers = await peer.receiveSome(200) as string[];
  assertEquals(answers.map(({ length }) => length), Array(200).fill(100_000));
});

net.test("ClientHandler.parallel requests are under way at a time, and answers keep their order (needs net)", async () => {
  let underWay = 0;
  let most = 0;
  class Counting extends ParallelHandler {
    protected override async processRequest(request: Message) {
      most = Math.max(most, ++underWay);
      await delay(Number(request) % 10);
      underWay--;
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Counting });
  using peer = await Peer.greeted(test.addr);
  const requests = Array.from({ length: 300 }, (_, i) => (i * 7) % 300);
  // In several reads.
  for (let i = 0; i < 300; i += 30) {
    await peer.send(...requests.slice(i, i + 30));
    await delay(1);
  }
  assertEquals(await peer.receiveSome(300), requests);
  assertEquals(most, 16);
});

net.test("A shutdown answers parallel requests that are under way (needs net)", async () => {
  await using test = new TestServer({ clientHandler: ParallelHandler });
  using peer = await Peer.greeted(test.addr);
  const requests = Array.from({ length: 12 }, (_, i) => 400 - i);
  await peer.send(...requests);
  await delay(50);
  const ending = test.server.shutdown();
  assertEquals(await peer.receiveAll(), requests);
  await ending;
});

net.test("A request whose response is undefined gets none (needs net)", async () => {
  await using test = new TestServer({ clientHandler: TimedHandler });
  using peer = await Peer.greeted(test.addr);
  await peer.send(null, "a", null, 5, null, "b");
  assertEquals(await peer.receiveSome(3), ["a", 5, "b"]);
});

net.test("After a refusal that ends the connection, later parallel requests are not answered (needs net)", async () => {
  class Refusing extends ParallelHandler {
    protected override async processRequest(request: Message) {
      await delay(Number(request));
      if (request === 20) throw new TypeError("a bug");
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Refusing, wire: json });
  using peer = await Peer.greeted(test.addr, json);
  await peer.send(1, 20, 2, 3);
  assertEquals(
    JSON.stringify(await peer.receiveAll()),
    '[1,{"error":"The server failed to process the request"}]',
  );
});

net.test("A parallel response that the format cannot express is refused in its place (needs net)", async () => {
  class Inexpressible extends ParallelHandler {
    protected override async processRequest(request: Message) {
      await delay(Number(request));
      return request === 40 ? new Map() : request;
    }
  }
  await using test = new TestServer({ clientHandler: Inexpressible });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1, 40, 2, 3);
  const [first, refused, ...more] = await peer.receiveAll();
  assertEquals([first, more], [1, []]);
  assertEquals(
    fields(refused).error,
    "The server failed to process the request",
  );
});

/** A room: what a client sends goes to all. */
class Room extends ClientHandler {
  static left: number[] = [];

  protected override processRequest(request: Message): undefined {
    for (const other of this.server.handlers.values()) other.push(request);
  }

  protected override closed(): void {
    Room.left.push(this.clientId);
  }
}

net.test("ClientHandler.push() sends to others, and ignores those that are gone (needs net)", async () => {
  await using test = new TestServer({ clientHandler: Room });
  const peers: Peer[] = [];
  for (let i = 0; i < 5; i++) peers.push(await Peer.greeted(test.addr));
  const [first, second, ...others] = peers;
  await first.send("one");
  for (const peer of peers) assertEquals(await peer.receive(), "one");
  const gone = [...test.server.handlers.values()][1] as Room;
  Room.left = [];
  second[Symbol.dispose]();
  await until(() => Room.left.length === 1);
  assertEquals(Room.left, [gone.clientId]);
  await until(() => test.server.handlers.size === 4);
  assertEquals(gone.push("unread"), false);
  await first.send("two");
  for (const peer of [first, ...others]) {
    assertEquals(await peer.receive(), "two");
    peer[Symbol.dispose]();
  }
});

net.test("A client that does not read what is pushed meets the limits, and holds up nobody (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: Room,
    maxQueuedBytes: 1_000_000,
  });
  using silent = await Peer.greeted(test.addr);
  using reader = await Peer.greeted(test.addr);
  const text = "a".repeat(50_000);
  while (test.server.handlers.size > 1) {
    await reader.send(text);
    assertEquals(await reader.receive(), text);
  }
  assertEquals(test.server.limitHits.maxQueuedBytes, 1);
  silent.conn.close();
});

net.test("ClientHandler.signal is aborted when the client is gone, and not at its half-close (needs net)", async () => {
  class Watching extends ClientHandler {
    protected override async processRequest(request: Message) {
      const { signal } = this;
      while (request === "until gone" && !signal.aborted) await delay(5);
      await delay(20);
      aborted.push(signal.aborted);
      return null;
    }
  }
  const aborted: boolean[] = [];
  await using test = new TestServer({ clientHandler: Watching });
  using halfClosed = await Peer.greeted(test.addr);
  await halfClosed.send(1);
  await halfClosed.conn.closeWrite();
  assertEquals(await halfClosed.receiveAll(), [null]);
  assertEquals(aborted, [false]);

  // A connection that is reset while its request is being processed.
  let reads = 0;
  const conn: Connection = {
    async read(into) {
      if (reads++ > 0) {
        await delay(50);
        throw new Deno.errors.ConnectionReset();
      }
      const request = encode(["until gone"]);
      into.set(request);
      return request.length;
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close() {},
    setNoDelay() {},
  };
  await test.server.handler(conn, { hostname: "127.0.0.1", port: 1 });
  assertEquals(aborted, [false, true]);
});

net.test("ClientHandler.closed() is called once, whatever ended the connection (needs net)", async () => {
  let closed = 0;
  class Closing extends EchoHandler {
    protected override processRequest(request: Message): Message {
      if (request === "bug") throw new TypeError("a bug");
      return super.processRequest(request);
    }
    protected override closed(reason: CloseReason): void {
      closed++;
      reasons.push(reason);
      throw new Error("also in closed()");
    }
  }
  const reasons: CloseReason[] = [];
  await using test = new TestServer({
    clientHandler: Closing,
    idleTimeout: 0.3,
  });
  let ended = 0;
  for (const end of ["leave", "bug", "broken", "idle"]) {
    using peer = await Peer.greeted(test.addr);
    if (end === "leave") await peer.conn.closeWrite();
    if (end === "bug") await peer.send("bug");
    if (end === "broken") await peer.sendBytes(Uint8Array.of(0xff));
    await until(() => test.server.handlers.size === 0);
    assertEquals(closed, ++ended, end);
  }
  using peer = await Peer.greeted(test.addr);
  await test.server.shutdown();
  assertEquals(closed, ended + 1);
  assertEquals(reasons, [
    ...["client", "failed", "refused", "idleTimeout", "server"] as const,
  ]);
  assertEquals(await peer.receiveAll(), []);
});

net.test("A LastResponse ends the connection: later requests are not processed, at any parallel (needs net)", async () => {
  for (const parallel of [1, 16]) {
    for (const wait of [0, 20]) {
      const processed: Message[] = [];
      class Quitting extends ClientHandler {
        override parallel = parallel;
        protected override async processRequest(request: Message) {
          processed.push(request);
          if (request === "slow") await delay(40);
          if (request !== "quit") return request;
          if (wait > 0) await delay(wait);
          return new LastResponse<Message>("bye");
        }
      }
      await using test = new TestServer({ clientHandler: Quitting });
      using peer = await Peer.greeted(test.addr);
      await peer.send("a", "slow", "quit", "b", "c");
      assertEquals(await peer.receiveAll(), ["a", "slow", "bye"]);
      if (parallel === 1) assertEquals(processed, ["a", "slow", "quit"]);
    }
  }
});

net.test("A LastResponse that is there at once ends the batch (needs net)", async () => {
  const processed: Message[] = [];
  class Quitting extends ClientHandler {
    protected override processRequest(request: Message) {
      processed.push(request);
      return request === "quit" ? new LastResponse<Message>("bye") : request;
    }
  }
  await using test = new TestServer({ clientHandler: Quitting });
  using peer = await Peer.greeted(test.addr);
  await peer.send("a", "quit", "b");
  assertEquals(await peer.receiveAll(), ["a", "bye"]);
  assertEquals(processed, ["a", "quit"]);
  assertEquals(test.reports.filter((it) => !/left after/.test(it)), []);
});

net.test("A shutdown without any grace closes at once, without a warning (needs net)", async () => {
  const warnings: unknown[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on("warning", note);
  const test = new TestServer({ clientHandler: TimedHandler, grace: 0 });
  using peer = await Peer.greeted(test.addr);
  await peer.send(300);
  await until(() => test.server.handlers.size === 1);
  await test.server.shutdown();
  await test.running;
  assertEquals(await peer.receiveAll(), []);
  process.off("warning", note);
  assertEquals(warnings, []);
});

net.test("ClientHandler.errorResponse() says how an error looks on the wire (needs net)", async () => {
  class Polite extends ClientHandler {
    protected override processRequest(): Message {
      throw new RequestError("no tea");
    }
    protected override errorResponse({ message }: Error): Message {
      return `Sorry: ${message}`;
    }
  }
  await using test = new TestServer({ clientHandler: Polite });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1);
  assertEquals(await peer.receive(), "Sorry: no tea");
});

net.test("Nothing of the application is created for a client that is rejected (needs net)", async () => {
  let created = 0;
  class Counted extends EchoHandler {
    constructor(...args: ConstructorParameters<typeof EchoHandler>) {
      super(...args);
      created++;
    }
  }
  await using test = new TestServer({ clientHandler: Counted, maxClients: 1 });
  using first = await Peer.greeted(test.addr);
  await first.send("a");
  assertEquals(await first.receive(), "a");
  using second = await Peer.connect(test.addr);
  assertEquals((await second.receiveAll()).length, 1);
  await first.send("b");
  assertEquals([await first.receive(), created], ["b", 1]);
});

net.test("A handler that awaits Server.shutdown() is answered, and holds up nothing (needs net)", async () => {
  class Ending extends ClientHandler {
    protected override async processRequest(): Promise<Message> {
      await delay(1);
      await test.server.shutdown();
      return "bye";
    }
  }
  await using test: TestServer = new TestServer({
    clientHandler: Ending,
    grace: 60,
  });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1);
  assertEquals(await peer.receiveAll(), ["bye"]);
  await test.server.shutdown();
});

net.test("Server.run() twice throws, and the first one goes on (needs net)", async () => {
  await using server = new Server({ port: 0, log: () => {}, quiet: true });
  const running = server.run();
  assertThrows(() => server.listen(), Error, "listens only once");
  using peer = await Peer.greeted(server.addr);
  peer.conn.close();
  await server.shutdown();
  await running;
});

net.test("queueTimeout closes a client that does not take its greeting (needs net)", async () => {
  const closed = Promise.withResolvers<void>();
  const conn: Connection = {
    read: () => closed.promise.then(() => null),
    write: () => closed.promise.then(() => 0),
    closeWrite: () => Promise.resolve(),
    close: () => closed.resolve(),
    setNoDelay() {},
  };
  await using test = new TestServer({ queueTimeout: 0.2 });
  await test.server.handler(conn, { hostname: "127.0.0.1", port: 1 });
  assertEquals(test.server.limitHits.queueTimeout, 1);
});

net.test("The closed event says why, and reports name the client and its limit (needs net)", async () => {
  const cases: {
    reason: CloseReason;
    options?: ServerOptions;
    act?: (peer: Peer, test: TestServer) => unknown;
  }[] = [
    { reason: "client", act: (peer) => peer.conn.closeWrite() },
    { // Deno's close() looks like a half-close, so another connection is reset
      reason: "gone",
      act: async (peer, { server }) => {
        const read = () => Promise.reject(new Deno.errors.ConnectionReset());
        const conn: Connection = {
          read,
          write: (bytes) => Promise.resolve(bytes.length),
          closeWrite: () => Promise.resolve(),
          close() {},
          setNoDelay() {},
        };
        await server.handler(conn, peer.conn.localAddr);
      },
    },
    { reason: "refused", act: (peer) => peer.sendBytes(Uint8Array.of(0xff)) },
    { reason: "server", act: (_, { server }) => void server.shutdown() },
    { reason: "idleTimeout", options: { idleTimeout: 0.1 } },
    { reason: "maxClients", options: { maxClients: 0 } },
    {
      reason: "requestTimeout",
      options: { requestTimeout: 0.1 },
      act: (peer) => peer.sendBytes(Uint8Array.of(0x28)),
    },
    {
      reason: "maxInvalidInRow",
      options: { maxInvalidInRow: 2, clientHandler: StudentHandler },
      act: (peer) => peer.send({}, {}),
    },
    {
      reason: "maxQueuedBytes",
      options: { maxQueuedBytes: 1 },
      act: (peer) => peer.send("long"),
    },
  ];
  for (const { reason, options, act } of cases) {
    const reasons: CloseReason[] = [];
    const reported: (Reported | undefined)[] = [];
    await using test = new TestServer({
      clientHandler: EchoHandler,
      ...options,
      report: (_, about) => void reported.push(about),
      onEvent: (_, event) => {
        if (event.type === "closed") reasons.push(event.reason);
      },
    });
    using peer = await Peer.greeted(test.addr);
    const client = peer.conn.localAddr.port;
    await act?.(peer, test);
    await until(() => reasons.length > 0);
    assertEquals(reasons, [reason]);
    if (!(reason in test.server.limits)) continue;
    const address = "127.0.0.1";
    const about = { client, address, limit: reason as LimitName };
    assertEquals(reported.at(-1), about);
  }
});

net.test("What a client receives equals a plain object (needs net)", async () => {
  for (const wire of Object.values(FORMATS)) {
    await using test = new TestServer({ clientHandler: EchoHandler, wire });
    await using client = new Client({ port: test.addr.port, wire });
    await client.connect();
    const message = { ok: true, nested: { list: [1, { a: null }] } };
    const answer = await client.request(message);
    assertEquals(answer, message);
    assertEquals(Deno.inspect(answer), Deno.inspect(message));
  }
});

net.test("ClientHandler.queuedBytes counts what a client has not accepted, until it has, as others see it (needs net)", async () => {
  /** Answers with the bytes that are queued for each client. */
  class Flooded extends EchoHandler {
    protected override processRequest(request: Message): Message {
      if (request !== "queued") return request;
      const { handlers } = this.server;
      return Array.from(handlers.values(), ({ queuedBytes }) => queuedBytes);
    }
  }
  await using test = new TestServer({ clientHandler: Flooded });
  using slow = await Peer.greeted(test.addr);
  using other = await Peer.greeted(test.addr);
  const queued = async () => {
    await other.send("queued");
    return await other.receive() as number[];
  };
  assertEquals(await queued(), [0, 0]);
  const [handler] = test.server.handlers.values();
  const large = "a".repeat(8_000_000); // more than the system's buffers take
  assert(handler.push(large));
  const [bytes, own] = await queued();
  assert(bytes > 1_000_000, `${bytes}`);
  assertEquals(own, 0);
  assertEquals(bytes, handler.queuedBytes);
  assertEquals(await slow.receive(), large);
  await until(() => handler.queuedBytes === 0);
});

net.test("ClientHandler.stopReading() answers what was read, and not what comes later, then ends the connection (needs net)", async () => {
  await using test = new TestServer({ clientHandler: EchoHandler });
  using peer = await Peer.greeted(test.addr);
  const [handler] = test.server.handlers.values();
  await peer.send(1);
  assertEquals(await peer.receive(), 1);
  assert(handler.isReading);
  handler.stopReading();
  assert(!handler.isReading);
  await peer.send(2);
  assertEquals(await peer.receive(), undefined);
});
