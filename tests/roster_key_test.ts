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

/** Returns the most of these numbers that a table of 2,048 slots expects in the same one. */
function mostInOneSlot(numbers: Iterable<number>): number {
  const slots = new Map<number, number>();
  for (const number of numbers) {
    const slot = (keyOf(number) as number) >>> 21; // the first of the last 32 bits
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  return Math.max(...slots.values());
}

Deno.test("keyOf() scatters similar numbers over the slots of a table", () => {
  for (const factor of [1, 2 ** 11, 2 ** 21, 2 ** 26, 2 ** 32, 2 ** 43]) {
    const numbers = Array.from({ length: 1000 }, (_, i) => factor * i);
    assert(mostInOneSlot(numbers) < 20, `multiples of ${factor}`);
  }
});

Deno.test("keyOf() scatters numbers whose two halves are chosen together", () => {
  const places = new Uint32Array(2 ** 21);
  for (let i = 0; i < places.length; i++) {
    const [high, low] = [i >>> 16, i % 2 ** 16];
    places[i] = keyOf(high * 2 ** 48 + low * 2 ** 16) as number;
  }
  places.sort();
  let [run, longest] = [1, 1];
  for (let i = 1; i < places.length; i++) {
    run = places[i] === places[i - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  assert(longest < 10, `${longest} are in the same place`);
});
