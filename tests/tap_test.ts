// What mended reads in the results of `deno test`, from real runs of it.

import { assertEquals } from "@std/assert";
import { needs } from "./support/needs.ts";
import { isResult, readTap } from "../tools/teach/faults/tap.ts";
import { runTests } from "../tools/teach/faults/trial.ts";

const files = needs("run", "read", "write");
const never = new AbortController().signal;

files.test("runTests() says why tests fail, also one that waits forever and one whose step fails, and counts them as they run (needs run, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const test = `
      Deno.test("passes", () => {});
      Deno.test("throws", () => { throw new RangeError("too\\nmany"); });
      Deno.test("waits", () => new Promise(() => {}));
      Deno.test("has steps", async (t) => {
        await t.step("first", () => {});
        await t.step("second", () => { throw new TypeError("wrong"); });
      });
      Deno.test("passes after it", () => {});
      Deno.test({ name: "skipped", ignore: true, fn() {} });`;
    await Deno.writeTextFile(`${folder}/some_test.ts`, test);
    const counts: number[] = [];
    const results = await runTests(folder, never, [], (n) => counts.push(n));
    assertEquals(results.passed, ["passes", "passes after it"]);
    assertEquals(results.failed, ["throws", "waits", "has steps"]);
    assertEquals(counts, [1, 2, 3, 4, 5, 6]);
    assertEquals(results.ended, true);
    assertEquals(results.files, ["./some_test.ts"]);
    assertEquals([...results.errors], [
      ["throws", "RangeError: too\nmany"],
      ["waits", "A task waits forever: nothing is left that could wake it."],
      ["has steps", "second: TypeError: wrong"],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

files.test("runTests() has no error for a test that an error outside of it ends (needs run, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const test = `Deno.test("later", () =>
      new Promise(() => { setTimeout(() => { throw new Error("x"); }, 1); }));`;
    await Deno.writeTextFile(`${folder}/some_test.ts`, test);
    const { failed, errors, files } = await runTests(folder, never, []);
    assertEquals([failed, [...errors], files], [["later"], [], []]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTap() takes no step, plan or detail for a test", () => {
  const lines = ["TAP version 14", "    ok 1 - a step", "1..2", "  ---"];
  assertEquals(lines.map(isResult), [false, false, false, false]);
  assertEquals(readTap(lines).passed, []);
  assertEquals(isResult("ok 3 - x # SKIP"), true);
});

Deno.test("readTap() knows no files if one is not a file of tests", () => {
  const failed = (file: string) => [
    "not ok 1 - some test",
    "  ---",
    `  ${JSON.stringify({ message: "Error: x", at: { file, line: 1 } })}`,
  ];
  const [one, other] = [failed("./tests/a_test.ts"), failed("./support/b.ts")];
  assertEquals(readTap(one).files, ["./tests/a_test.ts"]);
  assertEquals(readTap([...one, ...other]).files, []);
});
