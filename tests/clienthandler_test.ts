import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { ClientHandler, StudentHandler } from "../clienthandler.ts";
import { Lock } from "../lib/lock.ts";
import type { Connection } from "../lib/net.ts";
import { MemoryStore } from "../lib/students/memory.ts";
import { Roster, sharedRoster } from "../lib/students/roster.ts";
import type { Batch } from "../lib/students/row.ts";
import type { Recorded } from "../lib/students/store.ts";
import type { Sid } from "../lib/students/student.ts";
import type { Message } from "../lib/formats/formats.ts";
import { ProtocolError, RequestError } from "../lib/formats/formats.ts";
import { bareLines } from "./support/bare_lines.ts";
import { needs } from "./support/needs.ts";
import {
  ALICE,
  EchoHandler,
  encode,
  fields,
  json,
  Peer,
  stalled,
  TestServer,
} from "./support/peers.ts";
import { HookedStore, rowsOf } from "./support/roster.ts";
import { until } from "../lib/testing/soon.ts";

const net = needs("net");

net.test("ClientHandler serves another application: an echo (needs net)", async () => {
  await using test = new TestServer({ clientHandler: EchoHandler });
  using peer = await Peer.greeted(test.addr);
  await peer.send("a", 1, [null, 1.5]);
  assertEquals(await peer.receiveSome(3), ["a", 1, [null, 1.5]]);
});

/** Answers at once, answers later, or fails, as the request says. */
class MoodyHandler extends ClientHandler {
  protected override processRequest(
    request: Message,
  ): Message | Promise<Message> {
    switch (request) {
      case "throw":
        throw new TypeError("a bug");
      case "reject":
        return delay(1).then(() => {
          throw new TypeError("a bug");
        });
      case "invalid":
        throw new RequestError("not that");
      case "protocol":
        throw new ProtocolError("not at all");
      case "unsendable":
        return new Map();
      case "nothing":
        return (() => {}) as unknown as Message;
    }
    return typeof request === "number"
      ? delay(request).then(() => request)
      : request;
  }
}

net.test("ClientHandler sends answers in the order of the requests, also if some are ready later (needs net)", async () => {
  await using test = new TestServer({ clientHandler: MoodyHandler });
  using peer = await Peer.greeted(test.addr);
  const requests = ["a", 20, "b", 0, 10, "c", "d", 1];
  await peer.send(...requests);
  assertEquals(await peer.receiveSome(requests.length), requests);
});

for (const fault of ["throw", "reject", "unsendable", "nothing"]) {
  net.test(`ClientHandler closes only its own connection when a request fails (${fault}) (needs net)`, async () => {
    await using test = new TestServer({ clientHandler: MoodyHandler });
    using bystander = await Peer.greeted(test.addr);
    using peer = await Peer.greeted(test.addr);
    await peer.send("before", fault, "after");
    const [before, refusal, ...more] = await peer.receiveAll();
    assertEquals([before, more], ["before", []]);
    assertEquals(
      fields(refusal).error,
      "The server failed to process the request",
    );
    await bystander.send("still here");
    assertEquals(await bystander.receive(), "still here");
    assertEquals(test.reports.length, 1);
    assertMatch(test.reports[0], /handler failed: TypeError: \w/);
    assert(!test.reports[0].includes("    at "), "a stack trace");
  });
}

net.test("ClientHandler continues after a RequestError, and closes after a ProtocolError (needs net)", async () => {
  await using test = new TestServer({ clientHandler: MoodyHandler });
  using peer = await Peer.greeted(test.addr);
  await peer.send("invalid", "a", "protocol", "b");
  const answers = await peer.receiveAll();
  assertEquals(answers.map((answer) => fields(answer).error ?? answer), [
    "not that",
    "a",
    "not at all",
  ]);
});

net.test("ClientHandler loses only its own connection when its constructor or run() throws (needs net)", async () => {
  class Broken extends EchoHandler {
    constructor(...args: ConstructorParameters<typeof EchoHandler>) {
      super(...args);
      if (test.reports.length === 0) throw new Error("no");
    }
    override run(): Promise<void> {
      if (test.reports.length === 1) return Promise.reject(new Error("no"));
      return super.run();
    }
  }
  await using test: TestServer = new TestServer({ clientHandler: Broken });
  for (let i = 0; i < 2; i++) {
    using peer = await Peer.connect(test.addr);
    assertEquals(await peer.receiveAll(), []);
    assertMatch(test.reports[i], /handler failed: Error: no$/);
  }
  using peer = await Peer.greeted(test.addr);
  await peer.send("a");
  assertEquals(await peer.receive(), "a");
  assertEquals(test.server.handlers.size, 1);
});

/** Speaks lines, and says nothing first. */
class LineHandler extends EchoHandler {
  protected override sendId(): Promise<void> {
    return Promise.resolve();
  }
}

net.test("A format that cannot express an error affects only the client with the error (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: LineHandler,
    wire: bareLines,
    requestTimeout: 0.2,
  });
  using dripping = await Peer.connect(test.addr, bareLines);
  await dripping.sendBytes(new TextEncoder().encode("never fini"));
  assertEquals(await dripping.receiveAll(), []); // at requestTimeout
  assertMatch(test.reports.join(), /requestTimeout/);
  using peer = await Peer.connect(test.addr, bareLines);
  await peer.send("still here");
  assertEquals(await peer.receive(), "still here");
});

net.test("maxRequestBytes holds for a format that does not check lengths itself (needs net)", async () => {
  for (const maxRequestBytes of [100, 65_536, 100_000]) {
    await using test = new TestServer({
      clientHandler: LineHandler,
      wire: bareLines,
      maxRequestBytes,
    });
    using peer = await Peer.connect(test.addr, bareLines);
    await peer.sendBytes(new Uint8Array(maxRequestBytes + 70_000).fill(97));
    assertEquals(await peer.receiveAll(), []);
    assertEquals(test.server.limitHits.maxRequestBytes, 1);
    using other = await Peer.connect(test.addr, bareLines);
    const longest = "a".repeat(maxRequestBytes - 1);
    await other.send(longest);
    assertEquals(await other.receive(), longest);
  }
});

net.test("ClientHandler.send() does not mix large messages that are sent at the same time (needs net)", async () => {
  class Chatty extends ClientHandler {
    protected override async processRequest(): Promise<Message> {
      const texts = ["a", "b", "c"].map((letter) => letter.repeat(300_000));
      await Promise.all(texts.map((text) => this.send([text])));
      return "done";
    }
  }
  await using test = new TestServer({ clientHandler: Chatty });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1);
  const texts = await peer.receiveSome(4) as string[];
  assertEquals(texts.map((text) => new Set(text).size), [1, 1, 1, 4]);
});

/** A store like a database: it reads, awaits, and writes back. */
class SlowStore extends MemoryStore {
  /** How many students it was to record. */
  asked = 0;
  /** The number of records, and their sids in the order of recording. */
  records = 0;
  sids: Sid[] = [];

  override async record(
    batches: readonly Batch[],
  ): Promise<readonly Recorded[]> {
    const { records, sids } = this;
    const students = batches.flatMap((batch) => batch.students);
    this.asked += students.length;
    await delay(Math.random() * 3);
    this.records = records + students.length;
    this.sids = [...sids, ...students.map(({ sid }) => sid)];
    return await super.record(batches);
  }
}

/** Runs 24 clients that send 5 requests each, until one fails, to handlers with a slow store. */
async function contend(
  handlerOn: (roster: Roster) => typeof StudentHandler,
): Promise<{ store: SlowStore; lines: string[]; acknowledged: number }> {
  let acknowledged = 0;
  const store = new SlowStore();
  await using test = new TestServer({
    clientHandler: handlerOn(new Roster(store)),
  });
  await Promise.all(Array.from({ length: 24 }, async (_, client) => {
    using peer = await Peer.greeted(test.addr);
    for (let i = 0; i < 5; i++) {
      await peer.send({ ...ALICE, sid: client * 10 + i });
      if (await peer.receive() !== 1) return;
      acknowledged++;
    }
  }));
  return { store, lines: test.lines.slice(1), acknowledged };
}

function assertGuarded(
  { store, lines, acknowledged }: Awaited<ReturnType<typeof contend>>,
) {
  assertEquals([store.records, acknowledged], [120, 120]);
  const printed = lines.map((line) => Number(line.split(": ").pop()));
  assertEquals(printed, store.sids); // printed in the order of recording
}

net.test("StudentHandler records and prints under the lock: no record is lost, and no line is out of order (needs net)", async () => {
  assertGuarded(
    await contend((roster) =>
      class extends StudentHandler {
        protected override readonly roster = roster;
      }
    ),
  );
});

net.test("StudentHandler loses records or requests if each handler has its own lock, which guards nothing shared (needs net)", async () => {
  const { store, acknowledged } = await contend((roster) =>
    class extends StudentHandler {
      protected override readonly roster = roster;
      #own = new Lock();
      override get writeLock(): Lock {
        return this.#own;
      }
    }
  );
  const isLost = store.records < store.asked;
  assert(isLost || acknowledged < 120, "the fault does not show");
});

net.test("ClientHandler.writeLock is the server's lock, the same for all handlers (needs net)", async () => {
  await using test = new TestServer();
  using _a = await Peer.greeted(test.addr);
  using _b = await Peer.greeted(test.addr);
  const locks = [...test.server.handlers.values()].map((h) => h.writeLock);
  assertEquals(locks.length, 2);
  for (const lock of locks) assert(lock === test.server.writeLock);
});

net.test("StudentHandler records a student before it acknowledges the request, and keeps no further keys (needs net)", async () => {
  await using test = new TestServer();
  using peer = await Peer.greeted(test.addr);
  await peer.send({ ...ALICE, section: 3 });
  assertEquals(await peer.receive(), 1);
  const [row, ...more] = await rowsOf(sharedRoster(test.server));
  const { firstSeen, lastSeen } = row;
  assert(firstSeen > Date.now() - 10_000 && firstSeen === lastSeen);
  const [clientId] = test.server.handlers.keys();
  const origin = { requests: 1, clientId, clientIp: "127.0.0.1" };
  const sid = `${ALICE.sid}`;
  assertEquals(row, { ...ALICE, sid, firstSeen, lastSeen, ...origin });
  assertEquals(more, []);
});

net.test("StudentHandler does not acknowledge a request that could not be recorded (needs net)", async () => {
  const store = new HookedStore(() => {
    throw new Error("a bug");
  });
  const clientHandler = StudentHandler.with(new Roster(store));
  await using test = new TestServer({ clientHandler });
  using peer = await Peer.greeted(test.addr);
  await peer.send(ALICE);
  const [refusal, ...more] = await peer.receiveAll();
  assertEquals(more, []);
  assertEquals(
    fields(refusal).error,
    "The server failed to process the request",
  );
  assertEquals(test.server.writeLock.locked, false);
  assertEquals(test.lines.length, 1);
});

net.test("ClientHandler that never answers does not keep a shutdown from ending (needs net)", async () => {
  class Endless extends ClientHandler {
    protected override processRequest(): Promise<Message> {
      return new Promise(() => {});
    }
  }
  await using test = new TestServer({ clientHandler: Endless, grace: 0.1 });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1);
  await stalled(() => test.server.handlers.size);
  await test.server.shutdown();
  assertEquals(test.server.limitHits.grace, 1);
});

net.test("ClientHandler is removed from the table whenever its client leaves (needs net)", async () => {
  await using test = new TestServer();
  const stages = [
    (peer: Peer) => peer.conn.close(),
    async (peer: Peer) => {
      await peer.receive();
      peer.conn.close();
    },
    async (peer: Peer) => {
      await peer.sendBytes(Uint8Array.of(0x80, 2, 0x7d));
      peer.conn.close();
    },
    async (peer: Peer) => {
      await peer.send(ALICE);
      peer.conn.close(); // a reset, since the greeting is unread
    },
  ];
  for (let round = 0; round < 25; round++) {
    for (const leave of stages) await leave(await Peer.connect(test.addr));
  }
  await until(() => test.server.handlers.size === 0);
  assertEquals([test.server.writeLock.locked, test.server.writeLock.waiting], [
    false,
    0,
  ]);
});

/**
 * A client that sends when the test calls `send`, and leaves when the server
 * closes its half.
 */
class LateClient implements Connection {
  readonly written: number[] = [];
  #reading = Promise.withResolvers<number | null>();
  #into: Uint8Array = new Uint8Array();

  read(into: Uint8Array): Promise<number | null> {
    this.#into = into;
    return this.#reading.promise;
  }

  send(bytes: Uint8Array): void {
    this.#into.set(bytes);
    this.#reading.resolve(bytes.length);
    this.#reading = Promise.withResolvers();
  }

  write(bytes: Uint8Array): Promise<number> {
    this.written.push(...bytes);
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    this.#reading.resolve(null);
    return Promise.resolve();
  }

  close(): void {}
  setNoDelay(): void {}
}

net.test("ClientHandler answers a request that arrives while a shutdown checks that none is in transit (needs net)", async () => {
  class Slow extends ClientHandler {
    protected override async processRequest(request: Message) {
      // Blocks for longer than a shutdown waits for a silent client.
      for (const end = Date.now() + 200; Date.now() < end;);
      await delay(50);
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Slow, wire: json });
  const client = new LateClient();
  void test.server.handler(client, { hostname: "192.0.2.1", port: 1 });
  const shutdown = test.server.shutdown();
  const { setImmediate } = globalThis;
  // The check polls the event loop.
  globalThis.setImmediate = ((next: () => void) => {
    globalThis.setImmediate = setImmediate;
    client.send(encode(["late"], json));
    return setImmediate(next);
  }) as typeof setImmediate;
  await shutdown;
  const text = new TextDecoder().decode(Uint8Array.from(client.written));
  assertEquals(text.split("\n").slice(1), ['"late"', ""]);
});
