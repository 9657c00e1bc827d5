import { assert, assertEquals, assertThrows } from "@std/assert";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { ByteWriter } from "../lib/formats/byte_writer.ts";
import type { Message } from "../lib/formats/format.ts";
import { PickleReader } from "../lib/formats/pickle/reader.ts";
import { writePickle } from "../lib/formats/pickle/writer.ts";
import { fromNotation, readVectors, same } from "./support/vectors.ts";
import { readAll } from "../lib/testing/messages.ts";

function written(message: Message): Uint8Array {
  const sink = new ByteWriter();
  writePickle(message, sink);
  return sink.take();
}

function read(bytes: Uint8Array): Message {
  const messages: Message[] = [];
  readAll(new PickleReader(DEFAULT_LIMITS), bytes, bytes.length, messages);
  return messages[0];
}

/**
 * Whether the writer can write a value. Floats are left out, since JSON's 1 may
 * be Python's 1.0.
 */
function isWritable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWritable);
  const keys = Object.keys(value);
  if (keys.some((key) => key.startsWith("$"))) return keys[0] === "$int";
  return Object.values(value).every(isWritable);
}

Deno.test("writePickle() writes the bytes of CPython's protocol 2", () => {
  const repeating = ["same_string_twice", "shared_list"];
  const vectors = readVectors("valid").filter(({ name, protocol, value }) =>
    protocol === 2 && isWritable(value) && !repeating.includes(name)
  );
  assert(vectors.length > 55, `only ${vectors.length} vectors`);
  for (const { name, bytes, value } of vectors) {
    assertEquals(written(fromNotation(value)), bytes, name);
  }
});

Deno.test("writePickle() writes floats as CPython does", () => {
  const vector = readVectors("valid").find(({ name, protocol }) =>
    name === "floats" && protocol === 2
  );
  const floats = vector!.value as unknown[];
  // A whole number is an integer here, so only these are written as floats.
  const floatOnly = floats.map(fromNotation)
    .filter((value) => !Number.isSafeInteger(value) || Object.is(value, -0));
  assertEquals(floatOnly.length, 8);
  for (const value of floatOnly) assert(same(read(written(value)), value));
});

Deno.test("PickleReader reads back what writePickle() writes", () => {
  const messages: Message[] = [
    ["", "é🐍\n", null, true, false, -0, 1.5, 2 ** 53, NaN],
    Array.from({ length: 2001 }, (_, i) => i),
    Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`key ${i}`, [i]]),
    ),
  ];
  for (const size of [7n, 8n, 15n, 16n, 63n, 64n, 2039n, 2040n, 4000n]) {
    for (const near of [-1n, 0n, 1n]) {
      messages.push([2n ** size + near, -(2n ** size) + near]);
    }
  }
  for (const message of messages) {
    const again = read(written(message));
    assertEquals(written(again), written(message));
  }
  assertEquals(read(written(-(2n ** 4000n))), -(2n ** 4000n));
});

Deno.test("writePickle() refuses values that it cannot write", () => {
  class Point {}
  const cases: [unknown, string][] = [
    [undefined, "undefined"],
    [new Map(), "a dict"],
    [new Set(), "a set"],
    [new Uint8Array(), "bytes"],
    [() => 1, "a function"],
    [new Point(), "a Point"],
    ["\ud83d", "half a surrogate pair"],
    [[[{ a: new Date() }]], "a Date"],
  ];
  for (const [value, why] of cases) {
    assertThrows(() => written(value as Message), TypeError, why);
  }
  const self: Message[] = [];
  self.push(self);
  assertThrows(() => written(self), TypeError, "contains itself");
});
