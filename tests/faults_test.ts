import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { LIMIT_NAMES } from "../lib/limits.ts";
import {
  applyPatch,
  type Fault,
  parseFault,
  readFaults,
} from "../tools/faults/fault.ts";
import { type Trial, tryFault } from "../tools/faults/trial.ts";

const FAULT = `Takes: The minus.
Then: It adds: too much.
Watch: the sum.
Level: 2
Scenario: sums
Right: A gets 1 -> A leaves
Wrong: A gets 3
Fails: one test
Fails: another
Seed: 7
--- a/x.ts
+++ b/x.ts
@@ -1,3 +1,3 @@
 a
-b - 1
+b + 1
 c
`;

Deno.test("parseFault() tells what a fault's file has apart", () => {
  const { patch, ...rest } = parseFault("plus", FAULT);
  assertEquals(rest, {
    name: "plus",
    takes: "The minus.",
    then: "It adds: too much.",
    watch: "the sum.",
    level: 2,
    scenario: "sums",
    right: ["A gets 1", "A leaves"],
    wrong: ["A gets 3"],
    fails: ["one test", "another"],
    seed: 7,
  });
  assertEquals(applyPatch(patch, "a\nb - 1\nc\n"), "a\nb + 1\nc\n");
});

Deno.test("parseFault() says what is missing", () => {
  const file = FAULT.replace(/^Watch.*\n/m, "");
  assertThrows(() => parseFault("plus", file), Error, "plus has no Watch");
});

Deno.test("applyPatch() refuses a text that it does not fit", () => {
  const { patch } = parseFault("plus", FAULT);
  for (const text of ["a\nb\nc\n", "a\nb - 1\nc\na\nb - 1\nc\n"]) {
    assertThrows(() => applyPatch(patch, text), Error, "does not fit");
  }
});

/** Tries all faults, as many at a time as there are processors. */
async function tryAll(faults: readonly Fault[]): Promise<Map<Fault, Trial>> {
  const trials = new Map<Fault, Trial>();
  const left = [...faults];
  const worker = async () => {
    for (let fault; (fault = left.shift());) {
      trials.set(fault, await tryFault(fault));
    }
  };
  const { hardwareConcurrency } = navigator;
  await Promise.all(Array.from({ length: hardwareConcurrency }, worker));
  return trials;
}

Deno.test("Each limit has a fault that takes it away", async () => {
  const names = (await readFaults()).map(({ name }) => name);
  const limits = names.filter((name) => name.startsWith("limit-"));
  assertEquals(
    limits.sort(),
    LIMIT_NAMES.map((name) => `limit-${name}`).sort(),
  );
});

Deno.test("Each fault is noticed by the tests that it names, and by no other", async (t) => {
  for (const [fault, trial] of await tryAll(await readFaults())) {
    await t.step(fault.name, () => {
      assert(fault.fails.length > 0);
      for (const lines of [/^-(?!--)/gm, /^\+(?!\+\+)/gm]) {
        assert((fault.patch.match(lines) ?? []).length <= 5, "too many lines");
      }
      assertEquals(trial.failed.sort(), fault.fails.toSorted());
      if (fault.seed === undefined) return;
      assertMatch(trial.simulation ?? "", RegExp(`^Seed ${fault.seed} FAILED`));
    });
  }
});
