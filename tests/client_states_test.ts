// The states of a client, and what each allows.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client, type ClientOptions } from "../client.ts";
import { ClientHandler } from "../clienthandler.ts";
import { ConnectionEnded, type Message } from "../lib/formats/formats.ts";
import { Random } from "../lib/testing/random.ts";
import { SimulatedClock } from "../lib/testing/clock.ts";
import { needs } from "./support/needs.ts";
import { EchoHandler, encode, Peer, TestServer } from "./support/peers.ts";

const net = needs("net");
const ONCE = "connects only once";

function clientOf(test: TestServer, options: ClientOptions = {}): Client {
  return new Client({ port: test.addr.port, ...options });
}

net.test("Client connects once: a second connect() throws, also meanwhile and after close() (needs net)", async () => {
  await using test = new TestServer({ clientHandler: EchoHandler });
  const client = clientOf(test);
  const connecting = client.connect();
  await assertRejects(() => client.connect(), Error, ONCE);
  await connecting;
  await assertRejects(() => client.connect(), Error, ONCE);
  assertEquals(await client.request("a"), "a");
  await client.close();
  await assertRejects(() => client.connect(), Error, ONCE);
  await assertRejects(() => client.request("b"), ConnectionEnded);
  assertEquals(test.server.handlers.size <= 1, true);
});

net.test("Client may connect again after a failure (needs net)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = new Client({ port: listener.addr.port });
  const failing = client.connect();
  (await listener.accept()).close(); // as a proxy does without its server
  await assertRejects(() => failing, ConnectionEnded);
  const connecting = client.connect();
  using peer = new Peer(await listener.accept());
  await peer.send({ clientid: 1 });
  await connecting;
  await client.close();
});

net.test("Client.close() ends a connect() that waits for its greeting, and leaves nothing (needs net)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = new Client({ port: listener.addr.port });
  const connecting = client.connect();
  using peer = new Peer(await listener.accept());
  await delay(20);
  await Promise.all([
    assertRejects(() => connecting, ConnectionEnded),
    client.close(),
    peer.receiveAll(),
  ]);
});

net.test("Client.close() before the connection is there ends connect(), too (needs net)", async () => {
  await using test = new TestServer();
  const client = clientOf(test);
  const connecting = client.connect();
  await client.close();
  await assertRejects(() => connecting, ConnectionEnded);
});

net.test("Client.connect() throws the reason of its signal, before and after the connection is there (needs net)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = new Client({ port: listener.addr.port });
  const reason = new Error("no more time");
  await assertRejects(
    () => client.connect({ signal: AbortSignal.abort(reason) }),
    Error,
    "no more time",
  );
  const controller = new AbortController();
  const connecting = client.connect({ signal: controller.signal });
  using _peer = await listener.accept();
  await delay(20);
  controller.abort(reason);
  await assertRejects(() => connecting, Error, "no more time");
});

net.test("Client.request() drops the response to a request whose signal aborts (needs net)", async () => {
  class Slow extends ClientHandler {
    protected override async processRequest(request: Message) {
      await delay(50);
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Slow });
  await using client = clientOf(test);
  await client.connect();
  const signal = AbortSignal.timeout(10);
  const [dropped, kept] = await Promise.allSettled([
    client.request("a", { signal }),
    client.request("b"),
  ]);
  assertEquals(dropped.status, "rejected");
  assertEquals(kept, { status: "fulfilled", value: "b" });
});

net.test("Client.isPush tells pushes from responses: receive() and for await get them (needs net)", async () => {
  class Chatty extends ClientHandler {
    protected override processRequest(request: Message): Message {
      this.push("pushed");
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Chatty });
  const client = clientOf(test, { isPush: (message) => message === "pushed" });
  await client.connect();
  assertEquals(
    await Promise.all([1, 2, 3].map((n) => client.request(n))),
    [1, 2, 3],
  );
  assertEquals(await client.receive(), "pushed");
  let pushes = 0;
  for await (const _message of client) {
    if (++pushes === 2) await client.close();
  }
  assertEquals(pushes, 2);
});

net.test("Client.receive() gets every push, also `null` (needs net)", async () => {
  class Pushing extends EchoHandler {
    protected override processRequest(request: Message): Message {
      for (const push of [null, "second"]) this.push(push);
      return request;
    }
  }
  await using test = new TestServer({ clientHandler: Pushing });
  await using client = new Client({
    port: test.addr.port,
    isPush: (message) => message !== 1,
  });
  await client.connect();
  assertEquals(await client.request(1), 1);
  assertEquals([await client.receive(), await client.receive()], [
    null,
    "second",
  ]);
});

Deno.test("Client refuses an answerTimeout that no timer can wait", () => {
  for (const answerTimeout of [-1, NaN, Infinity, 2 ** 31]) {
    assertThrows(
      () => new Client({ answerTimeout }),
      RangeError,
      "takes seconds",
    );
  }
});

Deno.test("Client.close() closes at once after its grace, although the server goes on sending", async () => {
  using clock = new SimulatedClock(new Random(1));
  const closed = Promise.withResolvers<null>();
  let closedAt: number | undefined;
  const answer = encode([1]);
  const conn = {
    async read(room: Uint8Array) {
      const sent = new Promise<number>((resolve) =>
        setTimeout(() => resolve(answer.length), 10)
      );
      const count = await Promise.race([sent, closed.promise]);
      room.set(answer);
      return count;
    },
    write: (bytes: Uint8Array) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    setNoDelay() {},
    close() {
      closedAt = clock.now;
      closed.resolve(null);
    },
  };
  const network = { ...Deno, connect: () => Promise.resolve(conn) };
  const client = new Client({ network });
  let greeting: Message | undefined;
  const connecting = client.connect().then((it) => greeting = it);
  while (greeting === undefined) await clock.step();
  const closing = client.close({ grace: 0.5 });
  while (closedAt === undefined) await clock.step();
  await Promise.all([connecting, closing]);
  assertEquals(closedAt, 510);
});
