// The files of the known faults. tests/verify/faults.ts checks that a test fails
// with each of them.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LIMIT_NAMES } from "../lib/limits.ts";
import { DEFAULT_ROSTER_LIMITS } from "../lib/students/limits.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { parseFault, readFaults } from "../tools/teach/faults/fault.ts";
import { patchFolder } from "../tools/teach/faults/patch.ts";
import { fileOfTest } from "../tools/teach/faults/trial.ts";
import { needs } from "./support/needs.ts";

const PATCH = `--- a/x.ts
+++ b/x.ts
@@ -2 +2 @@
-b - 1
+b + 1
`;
const FAULT = `Takes: The minus.
Then: It adds: too much.
Watch: the sum.
Level: 2
Scenario: sums
Right: A gets 1 -> A leaves
Wrong: A gets 3
Test: sum-is-less
Simulation: finds it
${PATCH}`;

Deno.test("parseFault() returns the parts of a fault's file", () => {
  assertEquals(parseFault("plus", FAULT), {
    name: "plus",
    takes: "The minus.",
    then: "It adds: too much.",
    watch: "the sum.",
    level: 2,
    scenario: "sums",
    right: ["A gets 1", "A leaves"],
    wrong: ["A gets 3"],
    test: "sum-is-less",
    isSimulated: true,
    patch: PATCH,
  });
});

Deno.test("parseFault() names a line that is missing, repeated or unknown", () => {
  const without = FAULT.replace(/^Watch.*\n/m, "");
  assertThrows(() => parseFault("plus", without), Error, "plus has no Watch");
  for (
    const [line, instead] of [
      ["Test: sum-is-less", "Test: sum-is-less\nTest: sum-is-less"],
      ["Level: 2", "Levle: 2"],
      ["Simulation: finds it", "Simulation: misses it"],
    ]
  ) {
    const wrong = FAULT.replace(line, instead);
    const why = instead.split("\n")[0];
    assertThrows(() => parseFault("plus", wrong), Error, why);
  }
});

const read = needs("read");
const readWrite = needs("read", "write");

readWrite.test("patchFolder() finds lines that have moved, and refuses a file where they are missing or occur twice (needs read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  const file = `${folder}/x.ts`;
  try {
    await Deno.writeTextFile(file, "a\nnew\nnew\nb - 1\nc\n");
    await patchFolder(PATCH, folder);
    assertEquals(await Deno.readTextFile(file), "a\nnew\nnew\nb + 1\nc\n");
    for (const text of ["a\nb + 1\nc\n", "b - 1\nb - 1\n", "xb - 1\n"]) {
      await Deno.writeTextFile(file, text);
      await assertRejects(
        () => patchFolder(PATCH, folder),
        Error,
        "does not fit x.ts: docs/developing.md says",
      );
      assertEquals(await Deno.readTextFile(file), text);
    }
    const added = "--- /dev/null\n+++ b/y.ts\n@@ -0,0 +1 @@\n+d\n";
    await patchFolder(added, folder);
    assertEquals(await Deno.readTextFile(`${folder}/y.ts`), "d\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

readWrite.test("Each fault's patch fits the current code, and changes at most five lines (needs read, write)", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  const notPatched = /^(bench|docs|examples|tests)$/;
  try {
    for (const { name, patch } of await readFaults()) {
      await t.step(name, async () => {
        for (const lines of [/^-(?!--)/gm, /^\+(?!\+\+)/gm]) {
          assert((patch.match(lines) ?? []).length <= 5);
        }
        await copyProject(folder, notPatched);
        await patchFolder(patch, folder);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

read.test("Each fault names a test that exists (needs read)", async (t) => {
  for (const { name, test } of await readFaults()) {
    await t.step(name, async () => void await fileOfTest(test));
  }
});

read.test("Each limit has a fault that takes it away (needs read)", async () => {
  const names = (await readFaults()).map(({ name }) => name);
  const limits = names.filter((name) => name.startsWith("limit-"));
  assertEquals(
    limits.sort(),
    [...LIMIT_NAMES, ...Object.keys(DEFAULT_ROSTER_LIMITS)]
      .map((name) => `limit-${name}`).sort(),
  );
});
