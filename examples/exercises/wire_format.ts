// The check of exercise 3: `deno task test examples/exercises/wire_format.ts`.
//
// It tests the format named netstring in lib/formats/formats.ts, which does not
// exist until you write it.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Client } from "../../client.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { ByteWriter } from "../../lib/formats/byte_writer.ts";
import type { Message, WireFormat } from "../../lib/formats/formats.ts";
import { FORMATS, ProtocolError } from "../../lib/formats/formats.ts";
import { Server } from "../../server.ts";

const ALICE = {
  student_name: "Alice Brown",
  github_username: "abrown",
  sid: 123456789,
};
const MESSAGES: readonly Message[] = [1, "Zoë", null, ALICE, [true, 1.5]];

function netstring() {
  const formats: readonly WireFormat[] = Object.values(FORMATS);
  const format = formats.find(({ name }) => name === "netstring");
  assert(format, "lib/formats/formats.ts has no format netstring");
  return format;
}

function encode(...messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  const sink = new ByteWriter();
  for (const message of messages) netstring().write(message, sink);
  return sink.take();
}

/** Reads bytes that arrive in these pieces. */
function decode(...pieces: readonly Uint8Array[]): Message[] {
  const reader = netstring().reader(DEFAULT_LIMITS);
  const messages: Message[] = [];
  let kept: number[] = [];
  for (const piece of pieces) {
    const bytes = Uint8Array.from([...kept, ...piece]);
    const taken = reader.read(bytes, bytes.length, messages);
    kept = [...bytes.subarray(taken)];
  }
  return messages;
}

function text(characters: string): Uint8Array {
  return new TextEncoder().encode(characters);
}

Deno.test("netstring writes a length, a colon, JSON in UTF-8, and a comma", () => {
  const written = new TextDecoder().decode(encode("Zoë", { a: 1 }));
  assertEquals(written, '6:"Zoë",7:{"a":1},');
});

Deno.test("netstring reads what it wrote, cut anywhere", () => {
  const bytes = encode(...MESSAGES);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const messages = decode(bytes.subarray(0, cut), bytes.subarray(cut));
    assertEquals(
      JSON.stringify(messages),
      JSON.stringify(MESSAGES),
      `at ${cut}`,
    );
  }
  const single = [...bytes].map((byte) => Uint8Array.of(byte));
  assertEquals(JSON.stringify(decode(...single)), JSON.stringify(MESSAGES));
});

Deno.test("netstring refuses malformed netstrings", () => {
  for (const broken of ["x:1,", "1:1;", ":1,", "2:{x,", "-1:1,"]) {
    assertThrows(() => decode(text(broken)), ProtocolError, undefined, broken);
  }
});

Deno.test("netstring refuses a length over maxRequestBytes before the bytes arrive", () => {
  assertThrows(() => decode(text("65537:")), ProtocolError);
  assertThrows(() => decode(text("9999999999999999")), ProtocolError);
});

Deno.test("netstring serves the lab's client", async () => {
  const lines: string[] = [];
  await using server = new Server({
    port: 0,
    wire: netstring(),
    log: (printed) => lines.push(...printed),
    report: () => {},
  });
  void server.run();
  const client = new Client({ port: server.addr.port, wire: netstring() });
  const greeting = await client.connect();
  const [clientid] = server.handlers.keys();
  assertEquals(greeting, { clientid });
  assertEquals(await client.request(ALICE), 1);
  await client.close();
  assert(lines[1].endsWith("sid: 123456789"), lines[1]);
});
