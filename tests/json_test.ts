import { assert, assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { ByteWriter } from "../lib/formats/byte_writer.ts";
import { ProtocolError } from "../lib/formats/errors.ts";
import type { Message } from "../lib/formats/format.ts";
import { json } from "../lib/formats/json.ts";
import { assertPlain } from "./support/vectors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function read(text: string, limits = DEFAULT_LIMITS) {
  const bytes = encoder.encode(text);
  const messages: Message[] = [];
  const reader = json.reader(limits);
  const taken = reader.read(bytes, bytes.length, messages);
  return { messages, left: bytes.length - taken };
}

function written(message: Message): string {
  const sink = new ByteWriter();
  json.write(message, sink);
  return decoder.decode(sink.take());
}

Deno.test("json reads lines, and waits for the end of the last", () => {
  assertEquals(read('1\r\n"é"\n[null,true,1.5]\n{"a'), {
    messages: [1, "é", [null, true, 1.5]],
    left: 3,
  });
});

Deno.test("json reads a line cut at any byte", () => {
  const bytes = encoder.encode('{"student_name":"Zoë 🐍","sid":"1"}\n');
  for (let cut = 1; cut < bytes.length; cut++) {
    const reader = json.reader(DEFAULT_LIMITS);
    const messages: Message[] = [];
    assertEquals(reader.read(bytes, cut, messages), 0);
    assertEquals(messages, []);
    assertEquals(reader.read(bytes, bytes.length, messages), bytes.length);
    assertEquals(messages.length, 1);
  }
});

Deno.test("json takes `__proto__` as a key like any other", () => {
  for (const value of ["1", '"text"', '{"polluted":1}']) {
    const line = `{"__proto__":${value},"toString":2}\n`;
    const [map] = read(line).messages;
    assertPlain(map, ["__proto__", "toString"]);
    assertEquals(JSON.stringify(map), line.trim());
  }
});

Deno.test("json refuses an integer beyond 2^53, and says to send text", () => {
  for (const number of ["9007199254740993", "-9007199254740992", "1e20"]) {
    assertThrows(() => read(`[${number}]\n`), ProtocolError, "sent as text");
  }
  assertEquals(read("[9007199254740991]\n").messages, [[2 ** 53 - 1]]);
  assertThrows(() => read("1e999\n"), ProtocolError, "out of range");
});

Deno.test("json refuses a line that is not JSON, and keeps the lines before it", () => {
  assertThrows(() => read("\n"), ProtocolError, "not one JSON value");
  assertThrows(() => read("GET / HTTP/1.1\n"), ProtocolError, "not one JSON");
  const messages: Message[] = [];
  const bytes = new Uint8Array([0x31, 0x0a, 0xff, 0x0a]);
  assertThrows(
    () => json.reader(DEFAULT_LIMITS).read(bytes, 4, messages),
    ProtocolError,
    "UTF-8",
  );
  assertEquals(messages, [1]);
});

Deno.test("json enforces the limits", () => {
  const limits = {
    ...DEFAULT_LIMITS,
    maxRequestBytes: 20,
    maxDepth: 2,
    maxItems: 4,
  };
  assertEquals(read(`"${"a".repeat(17)}"\n`, limits).messages.length, 1);
  assertThrows(
    () => read(`"${"a".repeat(18)}"\n`, limits),
    ProtocolError,
    "20",
  );
  assertThrows(() => read("a".repeat(20), limits), ProtocolError, "20 bytes");
  assertEquals(read("a".repeat(19), limits).left, 19);
  assertThrows(() => read("[[[]]]\n", limits), ProtocolError, "2 deep");
  assertThrows(() => read("[1,2,3,4,5]\n", limits), ProtocolError, "4 items");
  assertThrows(
    () => read(`[${",".repeat(9)}\n`, limits),
    ProtocolError,
    "items",
  );
  assertEquals(read("[[],[],[],[] ]\n", limits).messages, [[[], [], [], []]]);
  assertEquals(read('"\\",,,,[[[[{{"\n', limits).messages, ['",,,,[[[[{{']);
});

Deno.test("json refuses a line with far too many items before it parses the line", () => {
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 2 ** 20 };
  const broken = `[${",".repeat(200_000)}\n`; // `JSON.parse` would refuse it, too
  assertThrows(() => read(broken, limits), ProtocolError, "4096 items");
  const text = ",[{".repeat(100_000);
  assertEquals(read(`["\\"${text}"]\n`, limits).messages, [[`"${text}`]]);
});

Deno.test("json writes one value per line, and large integers as text", () => {
  assertEquals(written(1), "1\n");
  assertEquals(
    written({ clientid: 7, name: "é\n" }),
    '{"clientid":7,"name":"é\\n"}\n',
  );
  assertEquals(written([2n ** 64n, null]), '["18446744073709551616",null]\n');
});

Deno.test("json refuses to write a value that JSON cannot express", () => {
  for (
    const value of [undefined, NaN, [Infinity], new Map(), new Set(), [
      new Uint8Array(),
    ], () => 1]
  ) {
    assertThrows(() => written(value as Message), TypeError, "Cannot write");
  }
  const self: Message[] = [];
  self.push(self);
  assertThrows(() => written(self), TypeError);
  assert(written({ a: [] }).endsWith("\n"));
});
