import { assertEquals } from "@std/assert";
import { counted, escape, reason } from "../lib/text.ts";
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
    [Uint8Array.of(0x27, 0x41, 0, 0x5c), "b'\\x27A\\x00\\x5c'"],
  ];
  for (const [message, shown] of cases) {
    assertEquals(pythonRepr(message), shown);
  }
  assertEquals(pythonRepr("a".repeat(1000)).length, 203);
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
