// The formats for applications, whose messages are texts or bytes.

import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { Client } from "../client.ts";
import { ClientHandler } from "../clienthandler.ts";
import { encode, handOver } from "../lib/connection/encode.ts";
import {
  FORMATS,
  lengthPrefixed,
  lines,
  type PeerError,
  ProtocolError,
  RequestError,
  type WireFormat,
} from "../lib/formats/formats.ts";
import { MessageReader } from "../lib/connection/reader.ts";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { Server } from "../server.ts";
import { needs } from "./support/needs.ts";
import { Peer } from "./support/peers.ts";

const net = needs("net");
const TEXTS = ["", "a", "hello", "Zo\u00eb \u674e\u96f7", "x".repeat(3000)];
const { maxRequestBytes } = DEFAULT_LIMITS;
const bytes = (text: string) => new TextEncoder().encode(text);

/** Encodes messages, which the format must be able to express. */
function encoded<T>(format: WireFormat<T>, ...messages: T[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const add = (bytes: Uint8Array) => pieces.push(bytes);
  const { error } = encode(messages, format, Infinity, { add });
  handOver();
  if (error) throw error;
  return concat(pieces);
}

/** Decodes bytes that arrive in these pieces. */
function decoded<T>(format: WireFormat<T>, ...pieces: Uint8Array[]): T[] {
  const reader = new MessageReader(format, DEFAULT_LIMITS);
  const messages: T[] = [];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const { room } = reader;
      const part = piece.subarray(at, at + room.length);
      room.set(part);
      at += part.length;
      messages.push(...reader.decode(part.length));
    }
  }
  if (reader.error) throw reader.error;
  return messages;
}

/** Tests a format whose messages are made from texts. */
function testFormat<T>(format: WireFormat<T>, make: (text: string) => T): void {
  Deno.test(`The format ${format.name} decodes what it encodes, cut at any byte`, () => {
    const messages = TEXTS.map(make);
    const all = encoded(format, ...messages);
    for (let cut = 0; cut <= all.length; cut++) {
      const pieces = [all.subarray(0, cut), all.subarray(cut)];
      assertEquals(decoded(format, ...pieces), messages, `cut at byte ${cut}`);
    }
  });

  Deno.test(`The format ${format.name} refuses what it cannot express`, () => {
    for (const other of [1, null, {}, "two\nlines", [new Uint8Array()]]) {
      assertThrows(() => encoded(format, other as T), TypeError);
    }
  });

  Deno.test(`The format ${format.name} accepts messages of maxRequestBytes, and refuses longer ones`, () => {
    const room = maxRequestBytes - encoded(format, make("")).length;
    const longest = make("a".repeat(room));
    assertEquals(decoded(format, encoded(format, longest)), [longest]);
    const tooLong = encoded(format, make("a".repeat(room + 1)));
    assertThrows(
      () => decoded(format, tooLong),
      ProtocolError,
      `${maxRequestBytes}`,
    );
  });
}

testFormat(lines, String);
testFormat(lengthPrefixed, bytes);

Deno.test("lines accepts lines that end with a carriage return and a newline, and refuses bytes that are not UTF-8", () => {
  const pieces = [bytes("a\r"), bytes("\nb\n\r\n")];
  assertEquals(decoded(lines, ...pieces), ["a", "b", ""]);
  const bad = concat([Uint8Array.of(0xff), bytes("\n")]);
  assertThrows(() => decoded(lines, bad), ProtocolError, "not UTF-8");
  for (const inner of ["a\rb\n", "\ra\n", "a\r\r\n"]) { // it could not be written
    assertThrows(() => decoded(lines, bytes(inner)), ProtocolError, "return");
  }
});

Deno.test("lengthPrefixed refuses a length over the limit before its bytes arrive", () => {
  const length = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  assertThrows(
    () => decoded(lengthPrefixed, length),
    ProtocolError,
    "4294967299",
  );
});

/** Answers in capitals. Its messages are texts, without a cast. */
class Shout extends ClientHandler<string> {
  protected override processRequest(request: string): string {
    if (request === "") throw new RequestError("Say\nsomething");
    return request.toUpperCase();
  }
}

/** Starts a server that speaks lines, and a client. */
async function linesOf(clientHandler: typeof Shout) {
  const server = new Server({
    port: 0,
    wire: lines,
    clientHandler,
    log: () => {},
    report: () => {},
  });
  const running = server.run();
  const client = new Client({
    port: server.addr.port,
    wire: lines,
    answerTimeout: 20,
  });
  const greeting = await client.connect();
  return {
    server,
    client,
    greeting,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.shutdown();
      await running;
    },
  };
}

net.test("In a format without a greeting the client speaks first, and errors look as the format says (needs net)", async () => {
  await using test = await linesOf(Shout);
  assertEquals(test.greeting, undefined);
  const answers = ["hello", "", "bye"].map((it) => test.client.request(it));
  assertEquals(await Promise.all(answers), [
    "HELLO",
    "error: Say something",
    "BYE",
  ]);
});

net.test("A handler greets and refuses in its own way (needs net)", async () => {
  class Polite extends Shout {
    protected override async sendId(): Promise<void> {
      await this.send(["220 ready"]);
    }
    protected override errorResponse({ message }: PeerError): string {
      return `500 ${message}`;
    }
  }
  await using test = await linesOf(Polite);
  assertEquals(await test.client.receive(), "220 ready");
  assertEquals(await test.client.request("hello"), "HELLO");
  using peer = await Peer.connect(test.server.addr);
  await peer.sendBytes(Uint8Array.of(0xff, 0x0a));
  const answer = await new Response(peer.conn.readable).text();
  assertEquals(answer, "220 ready\n500 A line is not UTF-8\n");
});

Deno.test("A handler whose messages are texts needs a format of texts, and a format must exist: other options do not compile", () => {
  const clientHandler = Shout;
  // @ts-expect-error -- the server would speak pickle
  new Server({ clientHandler });
  // @ts-expect-error -- there is no such format
  assertEquals(FORMATS.msgpack, undefined);
  // @ts-expect-error -- the lab's handler expects maps
  new Server({ wire: lines });
});

/** Lines whose format calls `onWrite` while it writes a message. */
function hookedLines(onWrite: () => void): WireFormat<string> {
  return {
    ...lines,
    write(message, sink) {
      if (message.startsWith("hook")) onWrite();
      lines.write(message, sink);
    },
  };
}

class Echo extends ClientHandler<string> {
  protected override processRequest(request: string): string {
    return request;
  }
}

net.test("A format that sends to another client while it writes is refused, and no bytes are mixed (needs net)", async () => {
  const server: Server<string> = new Server({
    port: 0,
    quiet: true,
    report: () => {},
    clientHandler: Echo,
    wire: hookedLines(() => {
      for (const handler of server.handlers.values()) handler.push("pushed");
    }),
  });
  const running = server.run();
  const options = { port: server.addr.port, wire: lines };
  await using watcher = new Client(options);
  await watcher.connect();
  assertEquals(await watcher.request("one"), "one");
  await using client = new Client(options);
  await client.connect();
  const answers = Promise.allSettled(
    ["a", "b", "hook", "c"].map((it) => client.request(it)),
  );
  const [a, b, refused] = await answers;
  assertEquals([a, b].map((it) => "value" in it && it.value), ["a", "b"]);
  assertEquals("value" in refused && refused.value === "hook", false);
  assertEquals(await watcher.request("two"), "two");
  await server.shutdown();
  await running;
});
