import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { ByteWriter } from "../lib/formats/byte_writer.ts";
import { ProtocolError } from "../lib/formats/errors.ts";
import type { Message } from "../lib/formats/format.ts";
import { json } from "../lib/formats/json.ts";
import { Random } from "../lib/testing/random.ts";
import { assertPlain, same } from "./support/vectors.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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

Deno.test("json reads a key with an escape where a backslash was a key before, which JSON.parse mistakes for it", () => {
  const lines = ['{"h":[],"\\\\":0}', '{"h":1,"\\"":2}'];
  const { messages } = read(`${lines.join("\n")}\n`);
  assertEquals(messages, [{ h: [], "\\": 0 }, { h: 1, '"': 2 }]);
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
  const http = assertThrows(() => read("GET / HTTP/1.1\n"), ProtocolError);
  assertMatch(String(http.cause), /not one JSON/);
  const messages: Message[] = [];
  const bytes = new Uint8Array([0x31, 0x0a, 0x22, 0xff, 0x22, 0x0a]);
  assertThrows(
    () => json.reader(DEFAULT_LIMITS).read(bytes, 6, messages),
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
  assertEquals(read("[[],[],[],[] ]\n", limits).messages, [[[], [], [], []]]);
  assertEquals(read('"\\",,,,[[[[{{"\n', limits).messages, ['",,,,[[[[{{']);
});

Deno.test("json refuses a line with too many items at the first that is too many", () => {
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 2 ** 20 };
  for (const [open, item] of [["[", "1,"], ["[", "[],"], ["{", '"":1,']]) {
    const broken = open + item.repeat(200_000) + "\n"; // it never closes
    assertThrows(() => read(broken, limits), ProtocolError, "4096 items");
  }
  const text = ",[{".repeat(100_000);
  assertEquals(read(`["\\"${text}"]\n`, limits).messages, [[`"${text}`]]);
});

const LINES = [
  '{"student_name":"Alice Brown","github_username":"abrown","sid":123456789}',
  '{ "sid" : -5 , "a":"Zo\u00eb \u674e" }',
  '{"__proto__":1,"toString":"x","a":0,"a":12}',
  '{"a":123456789012345,"b":1234567890123456,"c":"\\u0041\\n"}',
  '[[true,false ,null],{"a":{}},[ ], "", -0,1.5e3]',
].map((line) => encoder.encode(line));

/** ASCII but for the newline, which makes two lines, and bytes of other characters. */
const BYTES = [...Array(0x82).keys(), 0xc3, 0xe2, 0xf0, 0xff]
  .filter((byte) => byte !== 0x0a);

Deno.test("json reads a changed line as JSON.parse does, whichever byte is changed", () => {
  let valid = 0;
  for (const line of LINES) {
    const changed = new Uint8Array([...line, 0x0a]);
    for (let at = 0; at < line.length; at++) {
      for (const byte of BYTES) {
        changed[at] = byte;
        if (isSameAsParse(changed)) valid++;
      }
      changed[at] = line[at];
    }
  }
  assert(valid > 5_000, `${valid}`);
});

/** Compares a line's message with what `JSON.parse` makes of it. Returns whether it is valid. */
function isSameAsParse(line: Uint8Array): boolean {
  let expected: unknown;
  let isValid = true;
  try {
    expected = JSON.parse(strict.decode(line));
    if (hasInexact(expected)) isValid = false;
  } catch {
    isValid = false;
  }
  const messages: Message[] = [];
  let isRead = true;
  try {
    json.reader(DEFAULT_LIMITS).read(line, line.length, messages);
  } catch (error) {
    assert(error instanceof ProtocolError, `${error}`);
    isRead = false;
  }
  const shown = JSON.stringify(decoder.decode(line));
  assertEquals(isRead, isValid, shown);
  if (isValid) {
    assertEquals(messages.length, 1, shown);
    assert(same(messages[0], expected as Message), shown);
  }
  return isValid;
}

/** Whether a value holds a number that the format refuses. */
function hasInexact(value: unknown): boolean {
  if (typeof value === "number") {
    return !Number.isFinite(value) ||
      (Number.isInteger(value) && !Number.isSafeInteger(value));
  }
  return typeof value === "object" && value !== null &&
    Object.values(value).some(hasInexact);
}

Deno.test("json reads random values, with spaces and escapes anywhere, as JSON.parse does", () => {
  const random = new Random(1);
  const space = () => random.pick(["", "", "", " ", "\t", "\r", "  "]);
  const text = (end = "") =>
    `"${
      Array.from({ length: random.below(20) }, () =>
        random.pick([
          ...["a", "Z", "0", " ", "\\n", "\\u00e9", "\\ud83d\\ude00", '\\"'],
          ...["é", "李", "🐍", "\\ud800", "/", "\\/", "\\\\"],
        ])).join("")
    }${end}"`;
  // Of equal keys, JSON.parse drops all but the last, with what is wrong in them.
  let keys = 0;
  const key = () => text(`${keys++}`);
  const number = () =>
    random.pick(["", "-"]) + random.pick(["0", "7", "42", "123456789012345"]) +
    random.pick(["", "", "6", ".5", ".25"]) +
    random.pick(["", "", "e2", "E-3"]);
  const value = (depth: number): string => {
    const items = depth > 3 ? 0 : random.below(4);
    const all = (item: () => string) =>
      Array.from({ length: items }, () => space() + item() + space()).join();
    const made = random.pick([
      ...[
        () => text(),
        number,
        () => text(),
        number,
        () => "true",
        () => "false",
      ],
      () => "null",
      () => `[${items ? all(() => value(depth + 1)) : space()}]`,
      () =>
        `{${
          items ? all(() => key() + space() + ":" + value(depth + 1)) : space()
        }}`,
    ])();
    return space() + made + space();
  };
  let valid = 0;
  for (let i = 0; i < 20_000; i++) {
    const line = encoder.encode(value(0) + "\n");
    if (isSameAsParse(line)) valid++;
  }
  assert(valid > 10_000, `${valid}`);
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
