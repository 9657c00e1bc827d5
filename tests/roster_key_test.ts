import { assert, assertEquals } from "@std/assert";
import { keyOf } from "../lib/students/key.ts";
import { Random } from "../lib/testing/random.ts";

Deno.test("keyOf() gives a number and its text the same key, and different sids different keys", () => {
  const random = new Random(1);
  const numbers = new Set([0, 1, 9, 10, 2 ** 31, 2 ** 32, 2 ** 53 - 1]);
  for (let i = 0; i < 20_000; i++) {
    numbers.add(random.below(10 ** (1 + random.below(16))));
    numbers.add(i + 123_456_000);
    numbers.add(i * 2 ** 32 + 7);
  }
  const keys = new Set<unknown>();
  for (const number of numbers) {
    if (!Number.isSafeInteger(number)) continue;
    const key = keyOf(number);
    assertEquals(keyOf(`${number}`), key);
    assert(!keys.has(key), `${number}`);
    keys.add(key);
  }
  const others = [
    "007",
    "-1",
    "1.0",
    "9007199254740993",
    "",
    "a",
    "null",
    null,
  ];
  for (const other of others) {
    assert(!keys.has(keyOf(other)), `${other}`);
    keys.add(keyOf(other));
  }
  assertEquals(keyOf(-0), keyOf("0"));
  assertEquals(keyOf(-5), keyOf("-5"));
  assertEquals(keyOf(12n), keyOf(12));
  assertEquals(keyOf(2n ** 64n), keyOf("18446744073709551616"));
});

/**
 * Returns V8's hash of an integer in a `Map` (`ComputeUnseededHash`), before it
 * is reduced to the map's size.
 */
function placeOf(integer: number): number {
  let hash = integer | 0;
  hash = ~hash + (hash << 15);
  hash = hash ^ hash >>> 12;
  hash = hash + (hash << 2);
  hash = hash ^ hash >>> 4;
  hash = Math.imul(hash, 2057);
  return (hash ^ hash >>> 16) & 0xffff;
}

Deno.test("keyOf() scatters numbers that were chosen to collide", () => {
  const chosen: number[] = [];
  for (let number = 0; chosen.length < 300; number++) {
    if (placeOf(number) === 7) chosen.push(number);
  }
  const places = new Map<number, number>();
  for (const number of chosen) {
    const place = placeOf(keyOf(number) as number);
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  assert(Math.max(...places.values()) < 10);
});

Deno.test("keyOf() scatters similar numbers over the slots of a table", () => {
  // A table finds a slot by the first of 32 bits: here 2,048 slots for 1,000 keys.
  for (const factor of [1, 2 ** 11, 2 ** 21, 2 ** 26, 2 ** 32, 2 ** 43]) {
    const slots = new Map<number, number>();
    for (let i = 0; i < 1000; i++) {
      const slot = (keyOf(factor * i) as number) >>> 21;
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
    }
    assert(Math.max(...slots.values()) < 20, `multiples of ${factor}`);
  }
});
