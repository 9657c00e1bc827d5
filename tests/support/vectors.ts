// The pickles in testdata/, made by CPython 2.7 to 3.13, and what they hold.

import { assertEquals } from "@std/assert";
import {
  type Message,
  type MessageMap,
  setKey,
} from "../../lib/formats/format.ts";
// Imported as text, so that the tests need no permission to read them.
import hostile from "../testdata/pickle-hostile.jsonl" with { type: "text" };
import pythons from "../testdata/pickle-pythons.jsonl" with { type: "text" };
import valid from "../testdata/pickle-valid.jsonl" with { type: "text" };

const FILES = { hostile, pythons, valid };

/** The lines of all files, each a vector as JSON. */
export const VECTOR_ROWS = Object.values(FILES)
  .flatMap((file) => file.trim().split("\n"));

/** A pickle, with what it holds in the files' notation. */
export interface Vector {
  name: string;
  protocol?: number;
  bytes: Uint8Array<ArrayBuffer>;
  value: unknown;
  /**
   * What a reader must do with a hostile pickle: `refuse` it, or find it
   * `incomplete`.
   */
  must?: string;
}

/** Returns the vectors of one file. */
export function readVectors(file: keyof typeof FILES): Vector[] {
  return FILES[file].trim().split("\n").map((line) => {
    const { hex, ...rest } = JSON.parse(line);
    return { ...rest, bytes: fromHex(hex) };
  });
}

/** Returns the bytes that hexadecimal digits spell. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const pairs = hex.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

/** Returns the message that the files' notation stands for. */
export function fromNotation(value: unknown): Message {
  if (typeof value !== "object" || value === null) return value as Message;
  if (Array.isArray(value)) return value.map(fromNotation);
  const { $int, $float, $bytes, $tuple, $set, $dict } = value as Record<
    string,
    // deno-lint-ignore no-explicit-any -- each has the type of its notation
    any
  >;
  if ($int !== undefined) return BigInt($int);
  if ($float !== undefined) return FLOATS[$float] ?? Number($float);
  if ($bytes !== undefined) return fromHex($bytes);
  if ($tuple !== undefined) return Object.freeze($tuple.map(fromNotation));
  if ($set !== undefined) return new Set<Message>($set.map(fromNotation));
  if ($dict !== undefined) {
    return new Map<Message, Message>(
      $dict.map((entry: unknown[]) => entry.map(fromNotation)),
    );
  }
  const map: MessageMap = {};
  for (const [key, item] of Object.entries(value)) {
    setKey(map, key, fromNotation(item));
  }
  return map;
}

const FLOATS: Record<string, number> = {
  inf: Infinity,
  "-inf": -Infinity,
  nan: NaN,
};

/** Fails if a map is not a plain object with these keys of its own, in this order. */
export function assertPlain(map: unknown, keys: readonly string[]): void {
  assertEquals(Object.getPrototypeOf(map), Object.prototype);
  assertEquals(Object.keys(map as object), keys);
}

/**
 * Whether two messages are equal. The sign of a zero counts, and a tuple is not
 * a list.
 */
export function same(a: Message, b: Message): boolean {
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return Object.is(a, b);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (Array.isArray(a) && Object.isFrozen(a) !== Object.isFrozen(b)) {
    return false;
  }
  const [left, right] = [parts(a), parts(b)];
  return left.length === right.length &&
    left.every((part, i) => same(part, right[i]));
}

function parts(container: Message & object): Message[] {
  if (Array.isArray(container)) return container;
  if (container instanceof Map) return [...container].flat();
  if (container instanceof Set || container instanceof Uint8Array) {
    return [...container];
  }
  return Object.entries(container).flat() as Message[];
}
