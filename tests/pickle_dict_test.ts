import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { isMessageMap, type Message } from "../lib/formats/format.ts";
import { DictReader } from "../lib/formats/pickle/dict.ts";
import { PickleReader } from "../lib/formats/pickle/reader.ts";
import { fromNotation, readVectors, same } from "./support/vectors.ts";
import { FORMATS } from "../lib/formats/formats.ts";
import { encode, readAll } from "../lib/testing/messages.ts";

/** Low limits, so that changed bytes exceed them. */
const LIMITS = { ...DEFAULT_LIMITS, maxRequestBytes: 1000, maxItems: 5 };

/**
 * Reads pieces, one after the other. Returns the messages, the error, and the
 * number of bytes that wait for more.
 */
function outcome(pieces: readonly Uint8Array[], limits = LIMITS) {
  const reader = new PickleReader(limits);
  const messages: Message[] = [];
  let kept = new Uint8Array();
  let wrong = "";
  try {
    for (const piece of pieces) {
      const bytes = kept.length > 0 ? concat([kept, piece]) : piece;
      kept = bytes.slice(readAll(reader, bytes, bytes.length, messages));
    }
  } catch (error) {
    // What the bytes look like depends on how many of them have arrived.
    const { message, cause } = error as Error;
    // Behind plain words, the reader's reason is in parentheses.
    wrong = (cause instanceof Error ? cause.message : message)
      .replace(/^.* \((.*)\)$/, "$1");
  }
  const left = wrong ? 0 : kept.length + reader.pendingBytes;
  reader.drop();
  return { messages, wrong, left };
}

/** Short pickles of a single dict with text keys. */
const dicts = [...readVectors("valid"), ...readVectors("pythons")]
  .filter(({ bytes, value }) =>
    bytes.length <= 200 && isMessageMap(fromNotation(value))
  );

Deno.test("DictReader reads requests of every protocol, each to its end", () => {
  const reader = new DictReader(DEFAULT_LIMITS);
  const protocols = new Set<number | undefined>();
  for (const { name, protocol, bytes, value } of dicts) {
    const behind = concat([bytes, Uint8Array.of(0x7d, 0x2e)]);
    const end = reader.read(behind, 0, behind.length);
    if (end === 0) continue; // DictReader does not read dicts of this kind
    assertEquals(end, bytes.length, name);
    assert(same(reader.dict, fromNotation(value)), name);
    protocols.add(protocol);
  }
  for (const protocol of [0, 1, 2, 3, 4, 5]) assert(protocols.has(protocol));
});

Deno.test("PickleReader reads a changed pickle the same way whole or byte by byte, whichever byte is changed", () => {
  const some = [0, 1, 2, 3, 4, 5].flatMap((protocol) =>
    dicts.filter((it) => it.protocol === protocol).slice(0, 4)
  );
  assertEquals(some.length, 24);
  for (const { name, protocol, bytes } of some) {
    const changed = bytes.slice();
    for (let at = 0; at < bytes.length; at++) {
      // Flips one bit, all bits, or the bits of common opcodes.
      for (const change of [0x01, 0x80, 0xff, 0x2e, 0x28, 0x73, 0x75, 0x94]) {
        changed[at] = bytes[at] ^ change;
        const single = [...changed].map((byte) => Uint8Array.of(byte));
        const [complete, bytewise] = [outcome([changed]), outcome(single)];
        const label = `${name}, protocol ${protocol}, byte ${at} ^ ${change}`;
        assertEquals(
          [complete.wrong, complete.left, complete.messages.length],
          [bytewise.wrong, bytewise.left, bytewise.messages.length],
          label,
        );
        assert(same(complete.messages, bytewise.messages), label);
      }
      changed[at] = bytes[at];
    }
  }
});

Deno.test("PickleReader reads a changed pickle the same way whole or byte by byte, whatever value a byte gets", () => {
  const [{ bytes }] = dicts.filter(({ protocol, bytes }) =>
    protocol === 4 && bytes.length > 60
  );
  const changed = bytes.slice();
  for (let at = 0; at < bytes.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      changed[at] = byte;
      const single = [...changed].map((it) => Uint8Array.of(it));
      const [complete, bytewise] = [outcome([changed]), outcome(single)];
      const label = `byte ${at} is ${byte}`;
      assertEquals(complete.wrong, bytewise.wrong, label);
      assertEquals(complete.left, bytewise.left, label);
      assert(same(complete.messages, bytewise.messages), label);
    }
    changed[at] = bytes[at];
  }
});

Deno.test("DictReader reads a dict only if all its bytes are there and it is within the limits", () => {
  for (const { name, bytes } of dicts) {
    const keys = new DictReader(DEFAULT_LIMITS);
    if (keys.read(bytes, 0, bytes.length) === 0) continue;
    const items = Object.keys(keys.dict).length;
    const read = (limits: Partial<typeof DEFAULT_LIMITS>, end: number) =>
      new DictReader({ ...DEFAULT_LIMITS, ...limits }).read(bytes, 0, end);
    for (let end = 0; end < bytes.length; end++) {
      assertEquals(read({}, end), 0, `${name}, up to ${end}`);
    }
    const { length } = bytes;
    assertEquals(read({ maxItems: items - 1 }, length), 0, name);
    assertEquals(read({ maxItems: items }, length), length, name);
    assertEquals(read({ maxRequestBytes: length - 1 }, length), 0, name);
    assertEquals(read({ maxRequestBytes: 5 * length }, length), length, name);
  }
});

/** Reads a pickle whole and byte by byte, which must be the same. */
function outcomeBothWays(
  bytes: Uint8Array,
  limits: Partial<typeof DEFAULT_LIMITS>,
): ReturnType<typeof outcome> {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const single = [...bytes].map((byte) => Uint8Array.of(byte));
  const [complete, bytewise] = [outcome([bytes], all), outcome(single, all)];
  assertEquals(complete.wrong, bytewise.wrong);
  assert(same(complete.messages, bytewise.messages));
  return complete;
}

Deno.test("PickleReader refuses a dict over any limit, whole as byte by byte, and names the same limit", () => {
  // An empty text with a place in the memo, as a key and as a value.
  const item = [0x8c, 0, 0x94, 0x8c, 0, 0x94];
  const dict = [0x7d, 0x94, 0x28, ...item, ...item];
  const whole = Uint8Array.of(...dict, 0x75, 0x2e);
  assertEquals(outcomeBothWays(whole, {}).messages, [{ "": "" }]);
  const most = { maxRequestBytes: whole.length };
  assert(outcomeBothWays(whole, most).wrong.includes("too much memory"));
  const empty = outcomeBothWays(Uint8Array.of(0x7d, 0x2e), {
    maxRequestBytes: 6,
  });
  assert(empty.wrong.includes("too much memory"));
  const flat = outcomeBothWays(whole, { maxDepth: 0 });
  assert(flat.wrong.includes("nested more than 0 deep"));
  // The second value is not UTF-8, but it is one item too many already.
  const bad = Uint8Array.of(...dict.slice(0, -2), 1, 0xff, 0x94, 0x75, 0x2e);
  const { wrong } = outcomeBothWays(bad, { maxItems: 1 });
  assert(wrong.includes("more than 1 items"), wrong);
});

Deno.test("PickleReader waits for the end of a text that holds a pickle, behind 8 bytes that are too large for a length", () => {
  const latin1 = (text: string) =>
    Uint8Array.from(text, (character) => character.charCodeAt(0));
  const [start, rest] = ["(dp0\nVst\x80\x02K\x01.", "\np1\nI1\ns."];
  const { messages, wrong } = outcome([latin1(start), latin1(rest)]);
  assertEquals([wrong, messages], ["", [{ "st\x80\x02K\x01.": 1 }]]);
  assertEquals(outcomeBothWays(latin1(start), {}).left, start.length);
});

Deno.test("PickleReader reads a LONG with spaces as Python does, whole and byte by byte", () => {
  for (const line of ["12L", " 12L", "12 L", "12\t\rL", "+12L", "12 "]) {
    const bytes = new TextEncoder().encode(`L${line}\n.`);
    assertEquals(outcomeBothWays(bytes, {}).messages, [12], line);
  }
});

Deno.test("DictReader reads no dict whose values take too much memory for the machine", () => {
  // The least bytes with the most memory: integers that are not exact as numbers.
  const integer = [0x8a, 7, 0, 0, 0, 0, 0, 0, 0x40];
  for (const memo of [[], [0x94]]) {
    for (const items of [1, 10, 300]) {
      const item = [0x8c, 0, ...memo, ...integer, ...memo];
      const body = Array(items).fill(item).flat();
      const bytes = Uint8Array.of(0x7d, ...memo, 0x28, ...body, 0x75, 0x2e);
      for (const factor of [1, 2, 3, 4, 5, 6]) {
        const maxRequestBytes = factor * bytes.length;
        const { messages } = outcomeBothWays(bytes, { maxRequestBytes });
        const limits = { ...DEFAULT_LIMITS, maxRequestBytes };
        const end = new DictReader(limits).read(bytes, 0, bytes.length);
        if (end > 0) assertEquals(messages.length, 1);
        assertEquals(end > 0, factor >= 5);
      }
    }
  }
});

Deno.test("PickleReader reads many requests the same way, wherever the reads cut them", () => {
  const all = concat(dicts.map(({ bytes }) => bytes));
  const expected = outcome([all], DEFAULT_LIMITS);
  assertEquals([expected.wrong, expected.messages.length], ["", dicts.length]);
  for (let size = 1; size < 600; size++) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += size) {
      pieces.push(all.slice(at, at + size)); // the buffer ends with the piece
    }
    const { messages, wrong, left } = outcome(pieces, DEFAULT_LIMITS);
    assertEquals([wrong, left], ["", 0], `reads of ${size}`);
    assert(same(messages, expected.messages), `reads of ${size}`);
  }
});

for (const format of Object.values(FORMATS)) {
  Deno.test(`A ${format.name} dict whose keys are far apart as indexes takes no more memory than others`, () => {
    const dict = { "1000": 1, "2400": 2, "3300": 3 };
    const bytes = encode(Array(3000).fill(dict), format);
    const messages: Message[] = [];
    const before = Deno.memoryUsage().heapUsed;
    readAll(format.reader(DEFAULT_LIMITS), bytes, bytes.length, messages);
    const grown = Deno.memoryUsage().heapUsed - before;
    assertEquals(messages.at(-1), dict);
    // An array up to the highest index would take 29 KB for each.
    assert(grown / 3000 < 10_000, `${grown / 3000} bytes for each`);
  });
}
