import { assert, assertThrows } from "@std/assert";
import { setKey } from "../lib/formats/format.ts";
import { FORMATS, type Message } from "../lib/formats/formats.ts";
import { DictReader } from "../lib/formats/pickle/dict.ts";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import {
  compareWithBuiltIn,
  noLines,
} from "../tools/stress/differential/built_in.ts";
import { compareSeeds, nothingCompared } from "../tools/stress/differential.ts";
import { difference, same } from "../tools/stress/differential/outcome.ts";

Deno.test("The pickle reader agrees with its general path, and the JSON reader with JSON.parse, in 5,000 seeds", () => {
  const compared = nothingCompared();
  compareSeeds(1, 5001, compared);
  const { pickles, lines } = compared;
  const { dicts, complete, incomplete, refused } = pickles;
  for (const count of [dicts, complete, incomplete, refused]) {
    assert(count > 500, `hardly any: ${JSON.stringify(pickles)}`);
  }
  for (const count of [lines.values, lines.overLimits, lines.notJson]) {
    assert(count > 200, `hardly any: ${JSON.stringify(lines)}`);
  }
});

Deno.test("compareSeeds() names the seed and the bytes if the fast path reads otherwise", () => {
  const { read } = DictReader.prototype;
  const reads = (wrong: (reader: DictReader, end: number) => number) => {
    DictReader.prototype.read = function (...where) {
      const end = read.apply(this, where);
      return end > 0 ? wrong(this, end) : end;
    };
    try {
      const { message } = assertThrows(
        () => compareSeeds(1, 300, nothingCompared()),
        Error,
      );
      assert(/^--seed \d+, pickle: .*\n +bytes in hex/s.test(message), message);
    } finally {
      DictReader.prototype.read = read;
    }
  };
  reads((_, end) => end - 1);
  reads((reader, end) => {
    setKey(reader.dict, "sid", 0);
    return end;
  });
  reads((reader, end) => {
    reader.dict = Object.fromEntries(Object.entries(reader.dict).reverse());
    return end;
  });
  reads(() => {
    throw new RangeError("out of bounds");
  });
});

Deno.test("compareWithBuiltIn() throws if a line is read as another value, or refused for another reason", () => {
  const compare = (line: string, limits = {}) => () =>
    compareWithBuiltIn(
      {
        bytes: new TextEncoder().encode(`${line}\n`),
        ends: [line.length + 1],
        limits: { ...DEFAULT_LIMITS, ...limits },
      },
      noLines(),
    );
  const { reader } = FORMATS.json;
  const reading = (read: (messages: Message[]) => void) => {
    Object.assign(FORMATS.json, {
      reader: () => ({
        read(_: Uint8Array, end: number, messages: Message[]) {
          read(messages);
          return end;
        },
      }),
    });
  };
  try {
    compare('{"a": 1}')();
    reading((messages) => messages.push({ a: -0 }));
    assertThrows(compare('{"a": 0}'), Error, "not { a: 0 }");
    assertThrows(compare('{"a": 0'), Error, "is not JSON");
    assertThrows(compare('{"a": 0}', { maxDepth: 0 }), Error, "maxDepth");
    assertThrows(compare('{"a": 0}', { maxItems: 0 }), Error, "maxItems");
    assertThrows(compare("9007199254740992"), Error, "in spite of");
  } finally {
    Object.assign(FORMATS.json, { reader });
  }
});

Deno.test("same() tells values apart that look alike", () => {
  const tuple = Object.freeze([1]) as Message;
  const map = { "a": 1, "b": 2 };
  const alike: Message[][] = [
    [0, -0, 0n, "0", false, null, NaN],
    [[1], tuple, new Set<Message>([1]), Uint8Array.of(1)],
    [map, { "b": 2, "a": 1 }, new Map<Message, Message>(Object.entries(map))],
    [{}, [], new Set<Message>(), Object.create(null), new Map()],
  ];
  for (const values of alike) {
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) {
        assert(same(a, b) === (i === j), `${i} and ${j}`);
        assert(same([a], [b]) === (i === j), `${i} and ${j} in a list`);
      }
    }
  }
});

Deno.test("difference() compares messages, bytes, and the kind, limit and words of a refusal", () => {
  const refusal = {
    type: Error,
    limit: undefined,
    words: "why",
    hasStart: true,
  };
  const outcome = { messages: [1], taken: [[3, 0]] as const, refusal };
  const differs = (change: Partial<typeof outcome> | object) =>
    difference(outcome, { ...outcome, ...change }) !== undefined;
  assert(!differs({}));
  assert(differs({ messages: [2] }));
  assert(differs({ taken: [[3, 1]] }));
  assert(differs({ refusal: undefined }));
  assert(differs({ refusal: { ...refusal, type: RangeError } }));
  assert(differs({ refusal: { ...refusal, limit: "maxItems" } }));
  assert(differs({ refusal: { ...refusal, words: "why not" } }));
  const paused = { ...refusal, words: "why not", hasStart: false };
  assert(!differs({ refusal: paused }));
  assert(differs({ refusal: { ...paused, limit: "maxItems" } }));
});
