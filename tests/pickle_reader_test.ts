import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { CLIENT_LIMITS, DEFAULT_LIMITS } from "../lib/limits.ts";
import { ProtocolError } from "../lib/formats/errors.ts";
import type { Message } from "../lib/formats/format.ts";
import { PickleReader } from "../lib/formats/pickle/reader.ts";
import { Random } from "../lib/testing/random.ts";
import {
  assertPlain,
  fromHex,
  fromNotation,
  readVectors,
  same,
} from "./support/vectors.ts";
import { readAll } from "../lib/testing/messages.ts";

const encoder = new TextEncoder();
/** Above this size, a pickle is not cut at every byte. */
const MANY_BYTES = 2048;

/** Old bytes, as a reused buffer holds them behind the new ones. */
const OLD_BYTES = new Uint8Array(16).fill(0xff);

/** Reads pieces one after another, as a connection would deliver them. */
function readPieces(
  pieces: readonly Uint8Array[],
  limits = DEFAULT_LIMITS,
): { messages: Message[]; left: number } {
  const reader = new PickleReader(limits);
  const messages: Message[] = [];
  let kept = new Uint8Array();
  try {
    for (const piece of pieces) {
      const bytes = concat([kept, piece]);
      const buffer = concat([bytes, OLD_BYTES]);
      kept = bytes.slice(readAll(reader, buffer, bytes.length, messages));
    }
    return { messages, left: kept.length + reader.pendingBytes };
  } finally {
    reader.drop();
  }
}

function piecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, i) => bytes.subarray(i * size, (i + 1) * size),
  );
}

function readText(text: string): Message {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const { messages, left } = readPieces([bytes]);
  assertEquals(left, 0);
  assertEquals(messages.length, 1);
  return messages[0];
}

function assertRefused(text: string, why: string, limits = DEFAULT_LIMITS) {
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const error = assertThrows(() => readPieces([bytes], limits), ProtocolError);
  // Short pickles also look like text: the client is told that, and the cause is why.
  const { cause, looksLike } = error;
  const said = String(looksLike ? cause : error);
  assert(said.includes(why), said);
}

const vectors = [...readVectors("valid"), ...readVectors("pythons")];

Deno.test("PickleReader reads every pickle of CPython 2.7 to 3.13", () => {
  assertEquals(vectors.length, 512);
  for (const { name, protocol, bytes, value } of vectors) {
    const { messages, left } = readPieces([bytes]);
    const label = `${name}, protocol ${protocol}`;
    assertEquals(left, 0, label);
    assertEquals(messages.length, 1, label);
    assert(same(messages[0], fromNotation(value)), label);
  }
});

Deno.test("PickleReader reads every pickle cut at any byte", () => {
  const random = new Random(1);
  for (const { name, bytes, value } of vectors) {
    const expected = fromNotation(value);
    const everywhere = Array.from(
      { length: bytes.length - 1 },
      (_, i) => i + 1,
    );
    const cuts = bytes.length <= MANY_BYTES
      ? everywhere
      : Array.from({ length: 200 }, () => 1 + random.below(bytes.length - 1));
    for (const cut of cuts) {
      const pieces = [bytes.subarray(0, cut), bytes.subarray(cut)];
      const { messages, left } = readPieces(pieces);
      assertEquals([messages.length, left], [1, 0], `${name} cut at ${cut}`);
      assert(same(messages[0], expected), `${name} cut at ${cut}`);
    }
  }
});

Deno.test("PickleReader reads every pickle a byte at a time", () => {
  for (const { name, bytes, value } of vectors) {
    const { messages, left } = readPieces(piecesOf(bytes, 1));
    assertEquals([messages.length, left], [1, 0], name);
    assert(same(messages[0], fromNotation(value)), name);
  }
});

Deno.test("PickleReader reads a quoted line whose start could be a length before a pickle", () => {
  const line = `S'\x80\x05\x95.'\np0\n.`;
  const bytes = Uint8Array.from(line, (it) => it.charCodeAt(0));
  for (const size of [1, 3, 6, bytes.length]) {
    const { messages, left } = readPieces(piecesOf(bytes, size));
    assertEquals([messages, left], [["\x80\x05\x95."], 0], `${size}`);
  }
});

Deno.test("PickleReader reads all pickles in one piece, in order", () => {
  const { messages, left } = readPieces([
    new Uint8Array(vectors.flatMap(({ bytes }) => [...bytes])),
  ]);
  assertEquals([messages.length, left], [vectors.length, 0]);
  vectors.forEach(({ name, value }, i) => {
    assert(same(messages[i], fromNotation(value)), name);
  });
});

Deno.test("PickleReader refuses every hostile pickle, and waits for the rest of a cut one", () => {
  for (const { name, bytes, must } of readVectors("hostile")) {
    if (must === "refuse") {
      assertThrows(() => readPieces([bytes]), ProtocolError, "", name);
      const size = bytes.length <= MANY_BYTES ? 1 : 1000;
      assertThrows(
        () => readPieces(piecesOf(bytes, size)),
        ProtocolError,
        "",
        name,
      );
    } else {
      const { messages, left } = readPieces([bytes]);
      assertEquals([must, messages.length, left], [
        "incomplete",
        0,
        bytes.length,
      ]);
    }
  }
});

Deno.test("PickleReader refuses each opcode that is not data, and names it [opcodes-refused]", () => {
  const names = {
    "2": "DUP",
    P: "PERSID",
    Q: "BINPERSID",
    R: "REDUCE",
    b: "BUILD",
    c: "GLOBAL",
    i: "INST",
    o: "OBJ",
    "\x81": "NEWOBJ",
    "\x82": "EXT1",
    "\x83": "EXT2",
    "\x84": "EXT4",
    "\x92": "NEWOBJ_EX",
    "\x93": "STACK_GLOBAL",
    "\x96": "BYTEARRAY8",
    "\x97": "NEXT_BUFFER",
    "\x98": "READONLY_BUFFER",
  };
  for (const [opcode, name] of Object.entries(names)) {
    assertRefused(opcode, `opcode ${name} is refused`);
    assertRefused(`\x80\x04N${opcode}`, `opcode ${name} is refused`);
  }
});

Deno.test("PickleReader keeps the messages before a broken one", () => {
  const messages: Message[] = [];
  const bytes = encoder.encode("I1\n.I2\n.cos\nsystem\n.");
  assertThrows(
    () => new PickleReader(DEFAULT_LIMITS).read(bytes, bytes.length, messages),
    ProtocolError,
    "GLOBAL",
  );
  assertEquals(messages, [1, 2]);
});

Deno.test("PickleReader does not read beyond the given end", () => {
  const messages: Message[] = [];
  const bytes = encoder.encode("I12\n.");
  const reader = new PickleReader(DEFAULT_LIMITS);
  assertEquals(reader.read(bytes, 3, messages), 0);
  assertEquals(messages, []);
  assertEquals(reader.read(bytes, 5, messages), 5);
  assertEquals(messages, [12]);
});

Deno.test("PickleReader does not take 0x2e in a text or a number for the end", () => {
  const dots = ".".repeat(0x2e);
  const pickles = readPieces([
    fromHex("80028c2e" + "2e".repeat(0x2e) + "2e"),
    fromHex("80024a2e2e2e2e2e"),
  ]);
  assertEquals(pickles.messages, [dots, 0x2e2e2e2e]);
});

Deno.test("PickleReader takes `__proto__` as a key like any other", () => {
  const own = {
    value: 7,
    writable: true,
    enumerable: true,
    configurable: true,
  };
  const nested = readText("}(V__proto__\n}Vpolluted\nI01\nsu.");
  assertPlain(nested, ["__proto__"]);
  // deno-lint-ignore no-explicit-any -- it must not be there
  assertEquals([(nested as any).polluted, ({} as any).polluted], [
    undefined,
    undefined,
  ]);
  for (let i = 0; i < 100; i++) { // as often as it takes to learn the template
    const map = readText("}V__proto__\nI7\ns.");
    assertPlain(map, ["__proto__"]);
    assertEquals(Object.getOwnPropertyDescriptor(map, "__proto__"), own);
  }
});

Deno.test("PickleReader turns a dict with keys that are not text into a Map, the same one wherever it is used", () => {
  const list = readText("](}q\x00(Va\nI1\nI2\nI3\nuh\x00e.") as Message[];
  assert(list[0] instanceof Map);
  assert(list[0] === list[1]);
  assertEquals([...list[0]], [["a", 1], [2, 3]]);
});

Deno.test("PickleReader handles POP and POP_MARK as Python does", () => {
  assertEquals(readText("I1\nI2\n0."), 1);
  assertEquals(readText("I1\n(0."), 1);
  assertEquals(readText("I1\n(I2\nI3\n1."), 1);
  assertRefused("(I2\n000.", "a value is missing");
});

Deno.test("PickleReader reads 8-bit text as UTF-8 if it is valid, and otherwise as Latin-1", () => {
  assertEquals(readText("U\x02\xc3\xa9."), "é");
  assertEquals(readText("U\x01\xe9."), "é");
  assertEquals(readText("S'\\xc3\\xa9 \\'\\101\\n'\n."), "é 'A\n");
  assertEquals(readText('S"it\'s"\n.'), "it's");
  assertRefused("S'\\q'\n.", "unknown escape");
  assertRefused("S'a\n.", "not quoted");
});

Deno.test("PickleReader reads the escapes of protocol 0's text", () => {
  assertEquals(readText("V\\u674e \\U0001f40d \xe9\n."), "李 🐍 é");
  assertEquals(readText("V\\ud83d\\udc0d\n."), "🐍");
  assertEquals(readText("V\\\\u0041\n."), "\\\\u0041");
  assertRefused("V\\ud83d\n.", "half a surrogate pair");
  assertRefused("V\\u12\n.", "bad escape");
  assertRefused("V\\U00110000\n.", "bad escape");
});

Deno.test("PickleReader keeps a text's byte order mark and replacement character", () => {
  assertEquals(
    readText("X\x06\x00\x00\x00\xef\xbb\xbf\xef\xbf\xbd."),
    "\ufeff\ufffd",
  );
});

Deno.test("PickleReader reads integers of any size exactly, as numbers or bigints", () => {
  assertEquals(readText(`I${2 ** 53 - 1}\n.`), 2 ** 53 - 1);
  assertEquals(readText(`L${2n ** 53n}L\n.`), 2n ** 53n);
  assertEquals(readText("I-0\n."), 0);
  assertEquals(readText("\x8a\x00."), 0);
  assertEquals(readText("I00\n."), false);
  assertEquals(readText("I01\n."), true);
  assertRefused("I0!\n.", "not a number");
});

Deno.test("PickleReader reads integers of 8,192 bits, and refuses longer ones before it converts them", () => {
  const most = 2n ** 8191n;
  const digits = `L${most}L\n.`;
  assertEquals(readText(digits), most);
  assertThrows(
    () => readText(`L${"9".repeat(2500)}L\n.`),
    ProtocolError,
    "8192",
  );
  for (
    const [bytes, fits] of [[1024, true], [1025, true], [1026, false]] as const
  ) {
    const length = new Uint8Array(new Uint32Array([bytes]).buffer);
    const value = new Uint8Array(bytes).fill(1);
    const pickled = Uint8Array.of(0x8b, ...length, ...value, 0x2e);
    if (fits) assert(readPieces([pickled]).messages.length === 1);
    else assertThrows(() => readPieces([pickled]), ProtocolError, "8192");
  }
});

Deno.test("PickleReader reads special floats of protocol 0", () => {
  assertEquals(readText("F-inf\n."), -Infinity);
  assertEquals(readText("Fnan\n."), NaN);
  assertEquals(readText("F1e3\n."), 1000);
});

Deno.test("PickleReader accepts a message of exactly maxRequestBytes, and refuses a longer one", () => {
  const max = DEFAULT_LIMITS.maxRequestBytes;
  for (const overhead of [7, 3]) {
    // BINUNICODE and STOP, or a line of UNICODE and STOP
    const pickle = (length: number) => {
      const text = "a".repeat(length - overhead);
      const size = String.fromCharCode(
        text.length & 255,
        text.length >> 8,
        0,
        0,
      );
      return overhead === 3 ? `V${text}\n.` : `X${size}${text}N0.`;
    };
    const text = pickle(overhead === 3 ? max : max - 1);
    assertEquals(text.length, max);
    assertEquals(
      (readText(text) as string).length,
      max - overhead - (overhead === 3 ? 0 : 1),
    );
    assertRefused(pickle(max + 1), "longer than 65536 bytes");
  }
  assertRefused("N0".repeat(max / 2) + "N", "longer than 65536 bytes");
  const { maxDepth } = DEFAULT_LIMITS; // each open mark is a container to come
  assertRefused("(".repeat(maxDepth + 1), `more than ${maxDepth} deep`);
});

Deno.test("PickleReader refuses a length over the limit before the bytes arrive", () => {
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 100 };
  assertRefused("X\x61\x00\x00\x00", "longer than 100 bytes", limits);
  assertRefused("V" + "a".repeat(99), "longer than 100 bytes", limits);
  const bytes = encoder.encode("X\x5e\x00\x00\x00");
  assertEquals(readPieces([bytes], limits).left, 5);
});

Deno.test("PickleReader counts the bytes of each message from its own beginning", () => {
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 8 };
  const bytes = encoder.encode("I12345\n.I12345\n.");
  assertEquals(readPieces([bytes], limits).messages, [12345, 12345]);
  const { messages } = readPieces(piecesOf(bytes, 1), limits);
  assertEquals(messages, [12345, 12345]);
});

Deno.test("PickleReader accepts containers nested maxDepth deep, and no deeper", () => {
  const nested = (depth: number) =>
    "]".repeat(depth) + "a".repeat(depth - 1) + ".";
  assert(Array.isArray(readText(nested(32))));
  assertRefused(nested(33), "nested more than 32 deep");
  assertRefused(
    "}" + ")" + "\x85".repeat(40) + "Ns.",
    "nested more than 32 deep",
  );
});

Deno.test("PickleReader refuses more values than can become items, and long lines, in a pickle of a client's length", () => {
  const limits = { ...DEFAULT_LIMITS, ...CLIENT_LIMITS };
  for (
    const value of ["N", "}", "\x8f", "C\0", "Nq\x000" + "h\x00".repeat(9)]
  ) {
    const many = value.repeat(140_000);
    assertRefused(many, "more than 65536 items", limits);
  }
  assertRefused("V" + "a".repeat(2 ** 20), "a line is longer", limits);
});

Deno.test("PickleReader counts a shared value once for each use", () => {
  // 2 ** 20 items: each list holds the list before it twice.
  const doubled = "]" + Array.from({ length: 20 }, (_, i) => {
    const [before, after] = [
      `q${String.fromCharCode(i)}0`,
      `h${String.fromCharCode(i)}`,
    ];
    return `${before}](${after}${after}e`;
  }).join("") + ".";
  assertRefused(doubled, "more than 4096 items");
  const tuples = ")" + Array.from({ length: 20 }, (_, i) => {
    const m = String.fromCharCode(i);
    return `q${m}0h${m}h${m}\x86`;
  }).join("");
  assertRefused(`}${tuples}Ns.`, "more than 4096 items");
  const integer = "\x8a\xff" + "\x7f".repeat(255) + "q\x000](";
  assertRefused(`${integer}${"h\x00".repeat(200)}e.`, "values are expanded");
  const long = "V" + "a".repeat(5000) + "\nq\x000](" + "h\x00".repeat(20) +
    "e.";
  assertRefused(long, "too long once its shared values are expanded");
});

Deno.test("PickleReader refuses containers that contain themselves, in any way", () => {
  assertRefused("]q\x00h\x00a.", "contains itself");
  assertRefused("}q\x00Va\nh\x00s.", "contains itself");
  assertRefused("]q\x00h\x00\x85a.", "contains itself");
  assertRefused("}q\x00K\x01h\x00s.", "contains itself");
  assertRefused("}q\x00K\x01h\x00\x85s.", "contains itself");
});

Deno.test("PickleReader refuses keys that Python could not hash", () => {
  for (const key of ["]", "}", "\x8f", "]\x85"]) {
    assertRefused(`}${key}Ns.`, "a list, dict or set cannot be a key");
    assertRefused(`\x8f(${key}\x90.`, "a list, dict or set cannot be a key");
  }
  const map = readText("}(K\x05\x85NC\x01aN(K\x01\x91Nu.") as Map<
    Message,
    Message
  >;
  assertEquals(map.size, 3);
});

Deno.test("PickleReader refuses more keys than can be looked up fast even if all of them collide", () => {
  const numbers = Array.from(
    { length: 1449 },
    (_, i) => `M${String.fromCharCode(i & 255, i >> 8)}`,
  );
  const error = "too many numbers as keys";
  assertRefused(`\x8f(${numbers.join("")}\x90.`, error);
  assertRefused(`(${numbers.join("")}\x91.`, error);
  assertRefused(`}(${numbers.join("N")}Nu.`, error);
  const set = readText(`\x8f(${numbers.slice(1).join("")}\x90.`);
  assertEquals((set as Set<Message>).size, 1448);
});

Deno.test("PickleReader counts a key that is looked up again, in several containers, and in a dict that becomes a Map", () => {
  const error = "too many numbers as keys";
  const numbers = Array.from(
    { length: 1024 },
    (_, i) => `M${String.fromCharCode(i & 255, i >> 8)}`,
  );
  // The first number is memoized, and looked up again.
  const again = "h\x00".repeat(600);
  assertRefused(
    `\x8f(${numbers[0]}\x94${numbers.join("")}${again}\x90.`,
    error,
  );
  const set = `\x8f(${numbers.join("")}\x90`;
  assertRefused(`(${set}${set}${set}l.`, error);
  const texts = Array.from({ length: 1450 }, (_, i) => `\x8c\x04${1000 + i}N`);
  assertRefused(`}(${texts.join("")}K\x01Nu.`, error);
  const long = Array.from(
    { length: 363 },
    (_, i) =>
      `\x8a\x0a${"\0".repeat(8)}${String.fromCharCode(i & 255, 1 + (i >> 8))}`,
  );
  assertRefused(`\x8f(${long.join("")}\x90.`, error);
});

Deno.test("PickleReader takes 4,096 texts as keys, since their hash has a secret", () => {
  const texts = Array.from({ length: 4096 }, (_, i) => `\x8c\x05k${1000 + i}`);
  const set = readText(`\x8f(${texts.join("")}\x90.`);
  assertEquals((set as Set<Message>).size, 4096);
});

Deno.test("PickleReader refuses a bad float of a million digits without delay", () => {
  // Backtracking would take quadratic time, and the test would not end.
  const bytes = "F" + "1".repeat(1_000_000) + "x\n.";
  const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 2 ** 24 };
  assertRefused(bytes, "a FLOAT is not a number", limits);
});

Deno.test("PickleReader refuses pickles that only a broken pickler writes", () => {
  const cases = {
    "N(.": "does not hold one value",
    "NN.": "does not hold one value",
    e: "a MARK is missing",
    "N(a": "a value is missing",
    "(p0\n": "a value is missing",
    "Np-1\n": "out of range",
    "Np65536\n": "out of range",
    "g0\n": "memo 0 is empty",
    ")Na": "not a list",
    "](N\x90": "not a set",
    "(N\x91(N\x90": "not a set",
    "\x80\x06": "no protocol 6",
    "\xff": "no opcode 0xff",
  };
  for (const [text, why] of Object.entries(cases)) {
    assertRefused(text, why);
  }
});
