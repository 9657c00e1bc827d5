// TLS, over real sockets. The other side is often Deno's own TLS, not ours.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRejects, assertThrows } from "@std/assert";
import { Client } from "../client.ts";
import { LONGEST } from "../lib/connection/state.ts";
import { ProtocolError } from "../lib/formats/formats.ts";
import { soon } from "../lib/testing/soon.ts";
import { Server, type ServerOptions } from "../server.ts";
import { certificateOf } from "../tools/processes/certificate.ts";
import { needs } from "./support/needs.ts";
import { EchoHandler, encode, json, Peer } from "./support/peers.ts";

const tls = needs("net", "run", "openssl");
const HOST = "localhost";
const certificate = tls.met ? certificateOf(HOST) : { cert: "", key: "" };

/** Starts a server that speaks TLS. */
function start(options: Partial<ServerOptions> = {}) {
  const reported: string[] = [];
  const server = new Server({
    ...{ port: 0, tls: certificate, clientHandler: EchoHandler, wire: json },
    ...{ log: () => {}, report: (line: string) => reported.push(line) },
    ...options,
  });
  const running = server.run();
  return {
    server,
    reported,
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await running;
    },
  };
}

function clientOf(port: number, ca = certificate.cert) {
  const tls = { ca };
  return new Client({ host: HOST, port, wire: json, tls, answerTimeout: 20 });
}

tls.test("A client and a server speak TLS: a greeting, and pipelined answers in order (needs net, run, openssl)", async () => {
  await using served = start();
  await using client = clientOf(served.port);
  assertEquals(Object.keys(await client.connect() as object), ["clientid"]);
  const numbers = Array.from({ length: 5000 }, (_, i) => i);
  const answers = numbers.map((number) => client.request(number));
  assertEquals(await Promise.all(answers), numbers);
  const large = "x".repeat(60_000);
  const larger = numbers.slice(0, 100).map(() => client.request(large));
  for (const answer of await Promise.all(larger)) assertEquals(answer, large);
});

/** Connects with Deno's own TLS. */
function connectTls(port: number): Promise<Deno.TlsConn> {
  const caCerts = [certificate.cert];
  return Deno.connectTls({ hostname: HOST, port, caCerts });
}

/** Reads lines of text until there are so many, or the connection ends. */
async function linesFrom(conn: Deno.Conn, count: number): Promise<string[]> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (text.split("\n").length <= count) {
    const read = await soon(conn.read(buffer), () => "bytes from the server");
    if (read === null) break;
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
  return text.split("\n").slice(0, -1);
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

tls.test("A server answers over TLS after its client has half-closed, then half-closes (needs net, run, openssl)", async () => {
  await using served = start();
  using conn = await connectTls(served.port);
  const numbers = Array.from({ length: 20_000 }, (_, i) => i);
  const reading = linesFrom(conn, Infinity);
  await writeAll(conn, encode(numbers, json));
  await conn.closeWrite();
  const [greeting, ...answers] = await reading;
  assertMatch(greeting, /clientid/);
  assertEquals(answers, numbers.map(String));
});

tls.test("A server reads requests that TLS records cut at any byte (needs net, run, openssl)", async () => {
  await using served = start();
  using conn = await connectTls(served.port);
  await linesFrom(conn, 1);
  const bytes = encode([{ text: "Zo\u00eb" }], json);
  for (let cut = 1; cut < bytes.length; cut++) {
    await writeAll(conn, bytes.subarray(0, cut));
    await writeAll(conn, bytes.subarray(cut));
    assertEquals(await linesFrom(conn, 1), ['{"text":"Zo\u00eb"}']);
  }
});

tls.test("A client refuses a server whose certificate it does not trust, or which has another name (needs net, run, openssl)", async () => {
  await using served = start();
  const other = certificateOf(HOST).cert;
  for (
    const [host, tls] of [[HOST, { ca: other }], [HOST, true], ["127.0.0.1", {
      ca: certificate.cert,
    }]] as const
  ) {
    const client = new Client({ host, port: served.port, wire: json, tls });
    const error = await assertRejects(
      () => soon(client.connect(), () => "refusal"),
      ProtocolError,
    );
    assertMatch(error.message, /^TLS failed: .*certificate/i);
    await client.close();
  }
  await using client = clientOf(served.port);
  await client.connect();
  assertEquals(await client.request(1), 1);
});

tls.test("A shutdown over TLS answers what was received, and both sides end in good order (needs net, run, openssl)", async () => {
  const served = start();
  const client = clientOf(served.port);
  await client.connect();
  using conn = await connectTls(served.port);
  await linesFrom(conn, 1);
  const answers = Array.from({ length: 3000 }, (_, i) => client.request(i));
  await writeAll(conn, encode(Array.from({ length: 1000 }, (_, i) => i), json));
  await answers[0];
  const ended = served[Symbol.asyncDispose]();
  assertEquals((await Promise.all(answers)).length, 3000);
  assertEquals((await linesFrom(conn, Infinity)).length, 1000);
  assertEquals(await client.receive(), undefined);
  await client.close();
  await ended;
  assertEquals(served.server.limitHits.grace, 0);
});

tls.test("A connection that is reset in the middle of TLS costs its client alone (needs net, run, openssl)", async () => {
  await using served = start();
  await using client = clientOf(served.port);
  await client.connect();
  for (const isReset of [true, false]) {
    const conn = await connectTls(served.port);
    await linesFrom(conn, 1);
    await writeAll(
      conn,
      encode(Array(5000).fill("x".repeat(1000)), json).subarray(0, 3e5),
    );
    if (isReset) conn.close(); // with answers unread
    else {
      await conn.closeWrite();
      conn.close();
    }
    assertEquals(await client.request("still"), "still");
  }
});

tls.test("A client without TLS is told that it needs it (needs net, run, openssl)", async () => {
  await using served = start();
  const plain = new Client({ host: HOST, port: served.port, wire: json });
  using peer = await Peer.connect({ hostname: "127.0.0.1", port: served.port });
  await peer.send(1);
  const bytes = new Uint8Array(100);
  const count = await soon(peer.conn.read(bytes), () => "an alert");
  assertEquals([...bytes.subarray(0, 3)], [0x15, 3, 3]);
  assert(count);
  await plain.close();
});

tls.test("A client with TLS is told that its server speaks none (needs net, run, openssl)", async () => {
  const options = { tls: undefined };
  await using served = start(options);
  const client = clientOf(served.port);
  await assertRejects(
    () => soon(client.connect(), () => "refusal"),
    ProtocolError,
    "TLS failed",
  );
  await client.close();
});

tls.test("A client that never shakes hands is closed at the deadline, while others are served (needs net, run, openssl)", async () => {
  const longest: { handshake: number } = LONGEST;
  const usual = longest.handshake;
  longest.handshake = 500;
  try {
    await using served = start();
    await using client = clientOf(served.port);
    await client.connect();
    const peers = await Promise.all(
      Array.from(
        { length: 50 },
        () => Peer.connect({ hostname: "127.0.0.1", port: served.port }),
      ),
    );
    // Some begin a handshake.
    for (const peer of peers.slice(0, 20)) {
      await peer.sendBytes(Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0));
    }
    assertEquals(await client.request(1), 1);
    for (const { conn } of peers) {
      const end = await soon(new Response(conn.readable).bytes(), () => "end");
      assertEquals([...end.subarray(0, 3)], [0x15, 3, 3]);
    }
    assertEquals(served.server.handlers.size, 1);
    assertEquals(await client.request(2), 2);
    assertMatch(
      served.reported.join(),
      /The TLS handshake must end within 0.5 s/,
    );
  } finally {
    longest.handshake = usual;
  }
});

tls.test("connect() ends a handshake that its server does not begin, when it is aborted or closed (needs net, run, openssl)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = clientOf(listener.addr.port);
  const stop = new AbortController();
  const connecting = client.connect({ signal: stop.signal });
  for (
    const [end, why] of [
      [() => stop.abort(new Error("stopped")), "stopped"],
      [() => client.close(), "closed"],
    ] as const
  ) {
    const attempt = why === "stopped" ? connecting : client.connect();
    const failed = assertRejects(() => attempt, Error, why);
    using conn = await listener.accept();
    const buffer = new Uint8Array(65_536);
    await conn.read(buffer);
    assertEquals(buffer[0], 0x16); // the handshake has begun
    await end();
    await soon(failed, () => "end of connect()");
    while (await soon(conn.read(buffer), () => "end") !== null);
  }
});

tls.test("A server refuses a certificate or a key that is not in PEM, or that do not fit (needs net, run, openssl)", () => {
  const { cert, key } = certificate;
  for (
    const [bad, why] of [
      [{ cert: "x", key }, "The certificate is not in PEM"],
      [{ cert: key, key }, "The certificate is not in PEM"],
      [{ cert, key: "x" }, "The key is not in PEM"],
      [{ cert, key: cert }, "The key is not in PEM"],
      [
        { cert, key: certificateOf(HOST).key },
        "The key does not fit the certificate",
      ],
    ] as const
  ) {
    assertThrows(() => new Server({ tls: bad }), TypeError, why);
  }
});
