import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client } from "../client.ts";
import {
  ConnectionEnded,
  type Message,
  ProtocolError,
} from "../lib/formats/formats.ts";
import { needs } from "./support/needs.ts";
import {
  ALICE,
  BOB,
  encode,
  fields,
  json,
  Peer,
  stalled,
  TestServer,
} from "./support/peers.ts";

const net = needs("net");

/** Runs a scripted server for one connection, with a client connected to it. */
async function scripted(
  script: (server: Peer) => Promise<void>,
  run: (client: Client) => Promise<void>,
  options: { answerTimeout?: number } = {},
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const client = new Client({ port, answerTimeout: 20, ...options });
  const serving = (async () => {
    using server = new Peer(await listener.accept());
    await script(server);
  })();
  try {
    await run(client);
  } finally {
    await client.close();
    await serving;
  }
}

net.test("Client.connect() resolves to the greeting, and Client.request() to each request's own answer (needs net)", async () => {
  for (const wire of [undefined, json]) {
    await using test = new TestServer({ wire });
    const { port } = test.addr;
    const client = new Client({ port, wire, answerTimeout: 20 });
    assertEquals(Object.keys(fields(await client.connect())), ["clientid"]);
    const answers = await Promise.all([
      client.request(ALICE),
      client.request({ ...BOB, sid: [] }),
      client.request(BOB),
    ]);
    assertEquals([answers[0], answers[2]], [1, 1]);
    assertEquals(
      fields(answers[1]).error,
      "sid must be an integer, text or None, not a list",
    );
    await client.close();
  }
});

net.test("Client.request() keeps 10,000 requests in flight, and resolves each to its own answer (needs net)", async () => {
  await using test = new TestServer({ maxInvalid: 0 });
  const client = new Client({ port: test.addr.port, answerTimeout: 20 });
  await client.connect();
  const requests = Array.from(
    { length: 10_000 },
    (_, i) => client.request({ ...ALICE, sid: i % 3 ? i : [] }),
  );
  const answers = await Promise.all(requests);
  answers.forEach((answer, i) => {
    assertEquals(answer === 1, i % 3 !== 0, `answer ${i}`);
  });
  await client.close();
});

net.test("Client reads a greeting and answers that arrive one byte at a time (needs net)", async () => {
  await scripted(async (server) => {
    for (const byte of encode([{ clientid: 7 }])) {
      await server.sendBytes(Uint8Array.of(byte));
    }
    await server.receiveSome(2);
    for (const byte of encode([1, 1])) {
      await server.sendBytes(Uint8Array.of(byte));
    }
  }, async (client) => {
    assertEquals(fields(await client.connect()), { clientid: 7 });
    assertEquals(
      await Promise.all([client.request(ALICE), client.request(BOB)]),
      [1, 1],
    );
  });
});

net.test("Client loses no message that arrives in one segment with the greeting (needs net)", async () => {
  await scripted(async (server) => {
    await server.send({ clientid: 7 }, 1, { error: "no" }, 3, 4);
    await server.receive();
  }, async (client) => {
    await client.connect();
    assertEquals(await client.request(ALICE), 1);
    assertEquals(fields(await client.receive()), { error: "no" });
    assertEquals(await client.receive(), 3);
    assertEquals(await client.receive(), 4);
    assertEquals(await client.receive(), undefined);
    assertEquals(await client.receive(), undefined);
  });
});

net.test("Client.request() rejects all requests in flight when the connection ends (needs net)", async () => {
  await scripted(async (server) => {
    await server.send({ clientid: 7 });
    await server.receiveSome(3);
    await server.send(1);
  }, async (client) => {
    await client.connect();
    const [first, ...others] = [1, 2, 3].map((sid) =>
      client.request({ ...ALICE, sid })
    );
    const ends = others.map((other) =>
      assertRejects(() => other, ConnectionEnded)
    );
    assertEquals(await first, 1);
    await Promise.all(ends);
    await assertRejects(() => client.request(ALICE), ConnectionEnded);
  });
});

net.test("Client.connect() rejects when the server closes without a greeting (needs net)", async () => {
  await scripted(() => Promise.resolve(), async (client) => {
    await assertRejects(() => client.connect(), ConnectionEnded);
  });
});

net.test("Client.connect() rejects when the greeting is malformed (needs net)", async () => {
  await scripted(async (server) => {
    await server.sendBytes(new TextEncoder().encode("cos\nsystem\n."));
  }, async (client) => {
    await assertRejects(() => client.connect(), ProtocolError, "GLOBAL");
  });
});

net.test("Client with an answerTimeout closes when the server sends nothing (needs net)", async () => {
  await scripted(async (server) => {
    await server.send({ clientid: 7 });
    await server.receiveSome(2);
  }, async (client) => {
    await client.connect();
    await assertRejects(
      () => client.request(ALICE),
      ConnectionEnded,
      "The server said nothing for 0.5 s",
    );
  }, { answerTimeout: 0.5 });
});

net.test("Client with an answerTimeout closes when the server sends an endless message slowly (needs net)", async () => {
  await scripted(async (server) => {
    await server.send({ clientid: 7 });
    let gone = false;
    void server.receiveAll().finally(() => gone = true);
    while (!gone) {
      await server.sendBytes(Uint8Array.of(0x4e)).catch(() => gone = true);
      await delay(20);
    }
  }, async (client) => {
    await client.connect();
    await assertRejects(() => client.request(ALICE), ConnectionEnded);
  }, { answerTimeout: 0.5 });
});

net.test("Client.request() rejects a message that cannot be encoded, and later requests work (needs net)", async () => {
  await using test = new TestServer();
  const client = new Client({ port: test.addr.port, answerTimeout: 20 });
  await assertRejects(
    () => client.request(ALICE),
    ConnectionEnded,
    "not connected",
  );
  await client.connect();
  const bad = client.request(new Map() as Message);
  const good = client.request(ALICE);
  await assertRejects(() => bad, TypeError, "Cannot pickle");
  assertEquals(await good, 1);
  await client.close();
});

net.test("Client.send() waits while the server does not read (needs net)", async () => {
  const total = 2000;
  let sent = 0;
  const ready = Promise.withResolvers<void>();
  await scripted(async (server) => {
    await server.send({ clientid: 7 });
    await ready.promise;
    assert(sent < total, "all was sent to a server that does not read");
    await server.receiveSome(total);
  }, async (client) => {
    await client.connect();
    const sending = (async () => {
      for (; sent < total; sent++) await client.send("a".repeat(50_000));
    })();
    await stalled(() => sent);
    ready.resolve();
    await sending;
  });
});

net.test("Client.request() waits for a server that answers, but does not read the requests (needs net)", async () => {
  const total = 2000;
  let answered = 0;
  const ready = Promise.withResolvers<void>();
  await scripted(async (server) => {
    await server.send({ clientid: 7 }, ...Array(total).fill(1));
    await ready.promise;
    assert(answered < total, "all was sent to a server that does not read");
    await server.receiveSome(total);
  }, async (client) => {
    await client.connect();
    const asking = (async () => {
      for (; answered < total; answered++) {
        assertEquals(await client.request("a".repeat(50_000)), 1);
      }
    })();
    await stalled(() => answered);
    ready.resolve();
    await asking;
  });
});

net.test("Client takes many early answers in their order (needs net)", async () => {
  const total = 100_000;
  await scripted(async (server) => {
    const answers = Array.from({ length: total }, (_, i) => i);
    await server.send({ clientid: 7 }, ...answers);
    await server.receiveAll();
  }, async (client) => {
    await client.connect();
    for (let i = 0; i < total; i++) assertEquals(await client.receive(), i);
  });
});

net.test("Client.connect() rejects where no server listens (needs net)", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = new Client({ port });
  await assertRejects(() => client.connect(), Deno.errors.ConnectionRefused);
  await client.close();
});
