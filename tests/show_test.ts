import { assertEquals } from "@std/assert";
import {
  columnsOf,
  counted,
  escape,
  escapeAndCut,
  reason,
} from "../lib/text.ts";
import type { Message } from "../lib/formats/formats.ts";
import { pythonRepr } from "../lib/formats/python_repr.ts";

Deno.test("escape() leaves text alone, and escapes characters that move the cursor or forge lines", () => {
  const plain = "Zoë O'Neil 李雷 🐍 \\n é";
  assertEquals(escape(plain), plain);
  assertEquals(escape("a\tb\r\n\x00\x7f\x9b"), "a\\tb\\r\\n\\x00\\x7f\\x9b");
  assertEquals(
    escape("\u2028\u202e\u2066\u200f"),
    "\\u2028\\u202e\\u2066\\u200f",
  );
  assertEquals(escape("\ud800"), "\\ud800");
});

Deno.test("escape() shows what one would not see, and leaves names and emoji whole", () => {
  const whole = [
    "Alice Brown",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", // Persian, with a joiner
    "\u2764\ufe0f\u200d\u{1f525}", // an emoji of two
    "\u{1f469}\u200d\u{1f4bb} at work",
    "Jose\u0301",
    "\u5c71\u7530\u3000\u592a\u90ce", // a wide space between names
    "\u09b0\u200d\u09cd\u09af\u09be\u09ac", // Bengali, with a joiner before a mark
    "\u1016\u103c\u102d\u102f\u1038", // Burmese: four marks, two of them beside the letter
    "\u1112\u1161\u11ab", // Korean, as macOS writes it
    "1\ufe0f\u20e3",
  ];
  for (const name of whole) assertEquals(escape(name), name);
  const shown = [
    ["a   b", "a \\x20\\x20b"],
    [
      `x${" ".repeat(80)}Connected: Eve`,
      `x ${"\\x20".repeat(79)}Connected: Eve`,
    ],
    ["a\u3000\u3000b", "a\u3000\\u3000b"],
    ["a\u200bb", "a\\u200bb"],
    ["\u200dab", "\\u200dab"],
    ["a\u200d\u200db", "a\\u200d\\u200db"],
    ["a\u{e0041}", "a\\U000e0041"],
    ["a\u00ad", "a\\xad"],
    ["a\ufe0f\ufe0f", "a\ufe0f\\ufe0f"],
    ["Z" + "\u0301".repeat(5), "Z\u0301\u0301\u0301\\u0301\\u0301"],
    // Joiners do not hide how many marks there are.
    [
      "Z" + "\u0301\u200d".repeat(4) + "Z",
      "Z\u0301\u200d\u0301\u200d\u0301\u200d\\u0301\u200dZ",
    ],
    ["\u0301a \u0301", "\\u0301a \\u0301"], // marks on nothing
    ["\u1100" + "\u1161".repeat(4), "\u1100\u1161\u1161\u1161\\u1161"],
    ["a \u2800 b", "a \\u2800 b"], // looks like a space
    ["a\ufff9b\ue000\u0378", "a\\ufff9b\\ue000\\u0378"],
    [" a ", "\\x20a\\x20"],
  ];
  for (const [text, expected] of shown) assertEquals(escape(text), expected);
});

Deno.test("escapeAndCut() cuts a long text, and says how long it was", () => {
  assertEquals(escapeAndCut("Alice", 5), "Alice");
  assertEquals(
    escapeAndCut("x".repeat(60_000), 5),
    "xxxxx... (60000 characters)",
  );
  assertEquals(
    escapeAndCut("\x01".repeat(5), 8),
    "\\x01\\x01... (5 characters)",
  );
  assertEquals(escapeAndCut("abcd\u{1f600}", 5), "abcd... (6 characters)");
  assertEquals(escapeAndCut("A\ud800", 60), "A\\ud800");
  // A wide character takes two columns, and no escape is cut.
  assertEquals(escapeAndCut("\u674e".repeat(3), 6), "\u674e".repeat(3));
  assertEquals(
    escapeAndCut("\u674e".repeat(4), 7),
    "\u674e\u674e\u674e... (4 characters)",
  );
  assertEquals(
    escapeAndCut("\x01".repeat(3), 11),
    "\\x01\\x01... (3 characters)",
  );
  assertEquals(
    escapeAndCut("\u{1f469}\u200d\u{1f4bb}", 4),
    "\u{1f469}\u200d\u{1f4bb}",
  );
  assertEquals(
    escapeAndCut("\u{1f469}\u200d\u{1f4bb}", 3),
    "\u{1f469}... (5 characters)",
  );
  assertEquals(
    escapeAndCut("\u674e\u{1f469}\u200d\u{1f4bb}", 5),
    "\u674e\u{1f469}... (6 characters)",
  );
  assertEquals(
    escapeAndCut("\n\nx\u{1f600}\u{1f600}", 8),
    "\\n\\nx\u{1f600}... (7 characters)",
  );
});

Deno.test("columnsOf() counts the columns of a terminal", () => {
  for (
    const [text, columns] of [
      ["Alice", 5],
      ["\u674e\u96f7", 4],
      ["Jose\u0301", 4],
      ["\u{1f600}", 2],
      ["\u2713\u2026", 2],
      ["\u{1f1e8}\u{1f1f3}", 2], // a flag
      ["\u1112\u1161\u11ab", 2], // Korean, as macOS writes it
      ["\u0928\u092e\u0938\u094d\u0924\u0947", 4], // Hindi
      ["\uff21", 2],
    ] as const
  ) assertEquals(columnsOf(text), columns, text);
});

Deno.test("pythonRepr() shows messages as Python does", () => {
  const cases: [Message, string][] = [
    [null, "None"],
    [true, "True"],
    [false, "False"],
    [2n ** 64n, "18446744073709551616"],
    [1.5, "1.5"],
    ["it's", `"it's"`],
    [`it's "it"`, `'it\\'s "it"'`],
    ["a\\b\n", "'a\\\\b\\n'"],
    [[1, [2]], "[1, [2]]"],
    [Object.freeze([1]) as Message, "(1,)"],
    [Object.freeze([1, 2]) as Message, "(1, 2)"],
    [new Set<string>(), "set()"],
    [new Set(["a"]), "{'a'}"],
    [new Map([[1, "a"]]), "{1: 'a'}"],
    [{ clientid: 60644, nested: {} }, "{'clientid': 60644, 'nested': {}}"],
    [Uint8Array.of(0x27, 0x41, 0, 0x5c, 0xff), `b"'A\\x00\\\\\\xff"`],
    [NaN, "nan"],
    [-Infinity, "-inf"],
    [-0, "-0.0"],
    [1e-7, "1e-07"],
    [0.0001, "0.0001"],
    [1e16, "1e+16"],
    [1.5e300, "1.5e+300"],
    [2 ** 53, "9007199254740992.0"],
    [Object.freeze(new Set([1])), "frozenset({1})"],
    [Object.freeze(new Set<number>()), "frozenset()"],
    ["a\u00a0b\u200d", "'a\\xa0b\\u200d'"],
    ["a  b", "'a  b'"],
  ];
  for (const [message, shown] of cases) {
    assertEquals(pythonRepr(message), shown);
  }
  assertEquals(pythonRepr("a".repeat(1000)).length, 203);
  const halves = pythonRepr("\u{1f600}".repeat(1000));
  assertEquals(halves, `'${"\u{1f600}".repeat(99)}...`);
});

Deno.test("reason() and counted() describe an error and a number in one line", () => {
  assertEquals(reason(new TypeError("no")), "TypeError: no");
  assertEquals(reason("no"), "no");
  assertEquals(reason(Object.create(null)), "a value that is not an Error");
  assertEquals([0, 1, 2].map((n) => counted(n, "client")), [
    "0 clients",
    "1 client",
    "2 clients",
  ]);
});
