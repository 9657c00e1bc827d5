// The formats for applications: lines, and bytes behind their length.

import { assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { ClientHandler } from "../clienthandler.ts";
import {
  lengthPrefixed,
  lines,
  type Message,
  type PeerError,
  ProtocolError,
  type WireFormat,
} from "../lib/formats/formats.ts";
import { MessageReader } from "../lib/connection/reader.ts";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { needs } from "./support/needs.ts";
import { encode, Peer, TestServer } from "./support/peers.ts";

const net = needs("net");
const TEXTS = ["", "a", "hello", "Zo\u00eb \u674e\u96f7", "x".repeat(3000)];
const BYTES = TEXTS.map((text) => new TextEncoder().encode(text));
const SAMPLES: [WireFormat, Message[]][] = [
  [lines, TEXTS],
  [lengthPrefixed, BYTES],
];

/** Decodes bytes that arrive in these pieces. */
function decode(format: WireFormat, ...pieces: Uint8Array[]): Message[] {
  const reader = new MessageReader(format, DEFAULT_LIMITS);
  const messages: Message[] = [];
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

for (const [format, messages] of SAMPLES) {
  Deno.test(`The format ${format.name} decodes what it encodes, cut at any byte`, () => {
    const bytes = encode(messages, format);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const decoded = decode(
        format,
        bytes.subarray(0, cut),
        bytes.subarray(cut),
      );
      assertEquals(decoded, messages, `cut at byte ${cut}`);
    }
  });

  Deno.test(`The format ${format.name} refuses what it cannot express`, () => {
    for (const message of [1, null, {}, "two\nlines", [new Uint8Array()]]) {
      assertThrows(() => encode([message], format), TypeError);
    }
  });

  Deno.test(`The format ${format.name} accepts messages of maxRequestBytes, and refuses longer ones`, () => {
    const max = DEFAULT_LIMITS.maxRequestBytes;
    const overhead = encode([messages[0]], format).length;
    const longest = "a".repeat(max - overhead);
    const message = (text: string) =>
      format === lines ? text : new TextEncoder().encode(text);
    const fits = encode([message(longest)], format);
    assertEquals(decode(format, fits), [message(longest)]);
    const tooLong = encode([message(longest + "a")], format);
    assertThrows(() => decode(format, tooLong), ProtocolError, `${max}`);
  });
}

Deno.test("lines accepts lines that end with a carriage return and a newline, and refuses bytes that are not UTF-8", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(decode(lines, bytes("a\r"), bytes("\nb\n\r\n")), ["a", "b", ""]);
  const bad = concat([Uint8Array.of(0xff), bytes("\n")]);
  assertThrows(() => decode(lines, bad), ProtocolError, "not UTF-8");
});

Deno.test("lengthPrefixed refuses a length over the limit before its bytes arrive", () => {
  const length = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  assertThrows(
    () => decode(lengthPrefixed, length),
    ProtocolError,
    "4294967299",
  );
});

net.test("A server that speaks lines greets and refuses in its own way (needs net)", async () => {
  class Shout extends ClientHandler {
    protected override async sendId(): Promise<void> {
      await this.send(["220 ready"]);
    }
    protected override processRequest(request: Message): Message {
      return String(request).toUpperCase();
    }
    protected override errorResponse({ message }: PeerError): Message {
      return `500 ${message}`;
    }
  }
  await using test = new TestServer({ clientHandler: Shout, wire: lines });
  using peer = await Peer.connect(test.addr, lines);
  await peer.send("hello");
  assertEquals(await peer.receiveSome(2), ["220 ready", "HELLO"]);
  await peer.sendBytes(Uint8Array.of(0xff, 0x0a));
  assertEquals(await peer.receiveAll(), ["500 A line is not UTF-8"]);
});
