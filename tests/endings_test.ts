// How a connection of another application ends, whatever its handler does meanwhile.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client } from "../client.ts";
import { ClientHandler } from "../clienthandler.ts";
import { WriteQueue } from "../lib/connection/write_queue.ts";
import { Deadline } from "../lib/connection/timers.ts";
import {
  ConnectionEnded,
  FORMATS,
  type Message,
  ProtocolError,
  RequestError,
} from "../lib/formats/formats.ts";
import type { Connection } from "../lib/net.ts";
import { soon, until } from "../lib/testing/soon.ts";
import type { CloseReason } from "../server.ts";
import { needs } from "./support/needs.ts";
import { EchoHandler, encode, Peer, TestServer } from "./support/peers.ts";

const net = needs("net");
const { json } = FORMATS;

/** Answers a number after so many milliseconds, and several at a time. */
class Waiting extends ClientHandler {
  override parallel = 4;

  protected override async processRequest(
    request: Message,
  ): Promise<Message | undefined> {
    await delay(Number(request));
    if (request === 20) throw new ProtocolError("go away");
    if (request === 3500) return undefined;
    return request;
  }
}

/** A connection that brings these bytes, and then is reset. */
function resetAfter(...pieces: Uint8Array[]): Connection {
  return {
    async read(into) {
      await delay(5);
      const piece = pieces.shift();
      if (!piece) throw new Deno.errors.ConnectionReset();
      into.set(piece);
      return piece.length;
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close() {},
    setNoDelay() {},
  };
}

net.test("ClientHandler.signal can be asked for late: no request is damaged (needs net)", async () => {
  const processed: Message[] = [];
  class Late extends ClientHandler {
    override parallel = 8;
    protected override async processRequest(request: Message) {
      processed.push(request);
      await delay(20);
      void this.signal;
      await delay(20);
      return null;
    }
  }
  await using test = new TestServer({ clientHandler: Late });
  using peer = await Peer.greeted(test.addr);
  const [first, ...more] = ["first", "x".repeat(3000), "y".repeat(3000)];
  await peer.send(first);
  await until(() => processed.length === 1);
  await delay(30); // the signal is there, and the next read is under way
  const bytes = encode(more);
  await peer.sendBytes(bytes.subarray(0, 1500));
  await delay(30);
  await peer.sendBytes(bytes.subarray(1500));
  await peer.receiveSome(3);
  assertEquals(processed, [first, ...more]);
});

net.test("A refusal that ends the connection does so, also before slower requests (needs net)", async () => {
  await using test = new TestServer({ clientHandler: Waiting });
  using peer = await Peer.greeted(test.addr);
  await peer.send(20, 60);
  assertEquals(await peer.receiveAll(), [{ error: "go away" }]);
});

net.test("A shutdown does not wait for a request without a response any longer than it takes (needs net)", async () => {
  const test = new TestServer({ clientHandler: Waiting, grace: 6 });
  using peer = await Peer.greeted(test.addr);
  await peer.send(3500); // longer than the clients are served
  await until(() => test.server.handlers.size === 1);
  await test.server.shutdown();
  await test.running;
  assertEquals(test.server.limitHits.grace, 0);
});

net.test("ClientHandler.reject() ends a client that keeps sending, and no further request is processed (needs net)", async () => {
  let processed = 0;
  let handler: ClientHandler | undefined;
  class Kept extends ClientHandler {
    override parallel = 4;
    protected override async processRequest(request: Message) {
      handler ??= this;
      processed++;
      await delay(20);
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Kept });
  using peer = await Peer.greeted(test.addr);
  let isSending = true;
  const sending = (async () => {
    while (isSending) {
      await peer.send("more").catch(() => {}); // the server closes in the end
      await delay(2);
    }
  })();
  await until(() => processed > 10);
  const before = processed;
  const rejected = handler!.reject(new ProtocolError("kicked"));
  const answers = await peer.receiveAll();
  isSending = false;
  await Promise.all([sending, rejected]);
  assertEquals(answers.at(-1), { error: "kicked" });
  assertEquals(processed, before);
});

net.test("A handler may await reject() of its own client (needs net)", async () => {
  class Strict extends ClientHandler {
    protected override async processRequest() {
      await delay(1);
      await this.reject(new ProtocolError("kicked"));
      return "done";
    }
  }
  await using test = new TestServer({ clientHandler: Strict });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1);
  assertEquals(await peer.receiveAll(), ["done", { error: "kicked" }]);
});

net.test("ClientHandler.closed() comes after all requests, also if the client is gone (needs net)", async () => {
  const events: string[] = [];
  class Slow extends ClientHandler {
    override parallel = 2;
    protected override async processRequest(request: Message) {
      await delay(Number(request));
      events.push(`${request}`);
      return request;
    }
    protected override closed(reason: CloseReason): void {
      events.push(reason);
    }
  }
  await using test = new TestServer({ clientHandler: Slow });
  const conn = resetAfter(encode([100, 20, 30]));
  await test.server.handler(conn, { hostname: "127.0.0.1", port: 1 });
  assertEquals(events.toSorted(), ["100", "20", "30", "gone"]);
  assertEquals(events.at(-1), "gone");
});

net.test("A client that is gone is no mistake of its own: no request is refused for it (needs net)", async () => {
  class Aborted extends ClientHandler {
    protected override processRequest(): Promise<Message> {
      const { signal } = this;
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    }
  }
  const reasons: CloseReason[] = [];
  await using test = new TestServer({
    clientHandler: Aborted,
    quiet: true,
    onEvent: (_, event) => {
      if (event.type === "closed") reasons.push(event.reason);
    },
  });
  const address = { hostname: "127.0.0.1", port: 1 };
  await test.server.handler(resetAfter(encode([1])), address);
  const half = encode(["incomplete"]).subarray(0, 5);
  await test.server.handler(resetAfter(half), address);
  assertEquals(reasons, ["gone", "gone"]);
  assertEquals(test.reports, []);
});

net.test("The end of another connection is a failure of the handler, and is reported (needs net)", async () => {
  class Proxy extends ClientHandler {
    protected override sendId(): Promise<void> {
      throw new ConnectionEnded("The backend is gone");
    }
    protected override processRequest(): undefined {}
  }
  await using test = new TestServer({ clientHandler: Proxy });
  using peer = await Peer.connect(test.addr);
  const error = "The server failed to process the request";
  assertEquals(await peer.receiveAll(), [{ error }]);
  assert(test.reports[0].endsWith("ConnectionEnded: The backend is gone"));
});

for (const hook of ["closed", "sendId", "processBatch"] as const) {
  net.test(`${hook}() may await Server.shutdown() (needs net)`, async () => {
    class Last extends EchoHandler {
      protected override async closed(): Promise<void> {
        if (hook === "closed") await this.server.shutdown();
      }
      protected override async sendId(): Promise<void> {
        await super.sendId();
        if (hook === "sendId") await this.server.shutdown();
      }
      protected override async processBatch(requests: readonly Message[]) {
        if (hook === "processBatch") await this.server.shutdown();
        return await super.processBatch(requests);
      }
    }
    const test = new TestServer({ clientHandler: Last });
    using peer = await Peer.greeted(test.addr);
    if (hook === "processBatch") await peer.send(1);
    await peer.conn.closeWrite();
    await soon(test.running, () => "end of the server");
    assertEquals(test.server.limitHits.grace, 0);
  });
}

net.test("A client that cannot be told of a refusal is closed: it would take the next response for it (needs net)", async () => {
  class Picky extends EchoHandler {
    protected override processRequest(request: Message): Message {
      if (request === "bad") throw new RequestError("Not that");
      return super.processRequest(request);
    }
  }
  const { error: _, ...wire } = json;
  await using test = new TestServer({ clientHandler: Picky, wire });
  using peer = await Peer.greeted(test.addr, json);
  await peer.send("good", "bad", "next");
  assertEquals(await peer.receiveAll(), ["good"]);
});

net.test("A shutdown waits for a batch that sends its answers in parts (needs net)", async () => {
  const large = "x".repeat(1_000_000);
  class Parts extends ClientHandler {
    protected override async processBatch(): Promise<Message[]> {
      for (let part = 0; part < 8; part++) await this.send([large]);
      return ["end"];
    }
    protected override processRequest(): undefined {}
  }
  const test = new TestServer({ clientHandler: Parts });
  using peer = await Peer.greeted(test.addr);
  await peer.send(1);
  await until(() => test.server.limitHits.softQueuedBytes > 0);
  const shutdown = test.server.shutdown();
  await delay(300); // the client reads only now
  const answers = await peer.receiveAll();
  assertEquals(answers.map((it) => String(it).length), [
    ...Array(8).fill(large.length),
    3,
  ]);
  await shutdown;
  await test.running;
});

net.test("Lines that the option `log` cannot take harm no client (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: EchoHandler,
    log: () => {
      throw new Error("no");
    },
  });
  using peer = await Peer.greeted(test.addr);
  await peer.send("hello");
  assertEquals(await peer.receive(), "hello");
});

net.test("A client that waits for a slow server to read gives up after its answerTimeout (needs net)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const client = new Client({
    port: listener.addr.port,
    wire: json,
    answerTimeout: 0.3,
  });
  const connecting = client.connect();
  using conn = await accepted;
  await conn.write(encode([{ clientid: 1 }], json));
  await connecting;
  const answer = assertRejects(() => client.request("hello"), ConnectionEnded);
  const sent = client.send("x".repeat(3_000_000)).catch(() => {});
  const drop = new Uint8Array(65_536);
  for (let left = 3_000_000; left > 0;) left -= await conn.read(drop) ?? left;
  await soon(answer, () => "end of the request");
  await sent;
  await client.close();
});

net.test("A client whose isPush throws ends its connection: no answer goes to a later request (needs net)", async () => {
  await using test = new TestServer({
    clientHandler: Waiting,
    wire: json,
  });
  await using client = new Client({
    port: test.addr.port,
    wire: json,
    isPush: (message) => "push" in (message as object),
  });
  await client.connect();
  const [first, second] = await Promise.allSettled([
    client.request(0),
    client.request(1),
  ]);
  assertEquals([first.status, second.status], ["rejected", "rejected"]);
  await assertRejects(() => client.request(2), ConnectionEnded);
});

net.test("Client.request() before the greeting throws, and takes nothing from connect() (needs net)", async () => {
  class Late extends EchoHandler {
    protected override async sendId(): Promise<void> {
      await delay(50);
      await super.sendId();
    }
  }
  await using test = new TestServer({ clientHandler: Late });
  await using client = new Client({ port: test.addr.port });
  const connecting = client.connect();
  await until(() => test.server.handlers.size === 1);
  await assertRejects(() => client.request("early"), ConnectionEnded);
  assert(typeof await connecting === "object");
  assertEquals(await client.request("hello"), "hello");
});

Deno.test("WriteQueue holds short messages in little more than their bytes", () => {
  const queue = new WriteQueue(Infinity, new Deadline(0, () => {}));
  const short = new TextEncoder().encode("ab");
  const all = (count: number) => "ab".repeat(count);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  queue.expect(22_000);
  for (let i = 0; i < 1000; i++) queue.add(short); // before a write
  const first = queue.next();
  assertEquals(text(first), all(1000));
  for (let i = 0; i < 10_000; i++) queue.add(short); // during it
  queue.remove(first.length);
  const second = queue.next();
  assertEquals(text(second), all(10_000));
  assert(second.buffer.byteLength <= 2 * second.length);
  assertEquals(queue.pendingBytes, second.length);
});
