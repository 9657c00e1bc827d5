// A verdict on an exercise does not depend on how busy the machine is.

import { assertEquals } from "@std/assert";
import { needs } from "./support/needs.ts";
import { type Results, runAlone } from "../tools/teach/faults/trial.ts";
import { faultsOfCopy } from "../tools/teach/faults/verdict.ts";

const files = needs("run", "read", "write");

/** Plays runs of tests, of which each fails as often as its number says. */
function failing(times: Record<string, number>) {
  const runs: string[][] = [];
  const run = (names: readonly string[]): Promise<Results> => {
    runs.push([...names]);
    const failed = names.filter((name) => (times[name] ?? 0) >= runs.length);
    const passed = names.filter((name) => !failed.includes(name));
    const errors = new Map(failed.map((name) => [name, `run ${runs.length}`]));
    const files: string[] = [];
    return Promise.resolve({ passed, failed, errors, files, ended: true });
  };
  return { run, runs };
}

const ALWAYS = Infinity;

Deno.test("faultsOfCopy() counts a test only if it fails alone, passes in the original, and fails again", async () => {
  const copy = failing({
    broken: ALWAYS,
    twice: 1,
    "fails everywhere": ALWAYS,
  });
  const original = failing({ "fails everywhere": ALWAYS });
  const failed = ["broken", "busy", "twice", "fails everywhere"];
  assertEquals(await faultsOfCopy(failed, copy.run, original.run), {
    failed: ["broken"],
    errors: new Map([["broken", "run 2"]]),
    ended: true,
  });
  assertEquals(copy.runs, [failed, ["broken", "twice"]]);
  assertEquals(original.runs, [["broken", "twice", "fails everywhere"]]);
});

Deno.test("faultsOfCopy() finds no fault if all tests pass alone, and runs nothing more", async () => {
  const copy = failing({});
  const original = failing({});
  assertEquals(await faultsOfCopy(["busy"], copy.run, original.run), {
    failed: [],
    errors: new Map(),
    ended: true,
  });
  assertEquals([copy.runs, original.runs], [[["busy"]], []]);
});

Deno.test("faultsOfCopy() counts a test that does not run in the copy, and a run that does not end", async () => {
  const nothing = { passed: [], failed: [], errors: new Map(), files: [] };
  const none = () => Promise.resolve({ ...nothing, ended: true });
  const original = failing({});
  assertEquals((await faultsOfCopy(["gone"], none, original.run)).failed, [
    "gone",
  ]);
  const hangs = () => Promise.resolve({ ...nothing, ended: false });
  assertEquals(
    (await faultsOfCopy(["hangs"], hangs, original.run)).ended,
    false,
  );
});

files.test("runAlone() runs the tests with exactly these names, one at a time (needs run, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const names = ["a() is [one] (x/y)", "a", "b.c|d", "other"];
    const tests = names.map((name) =>
      `Deno.test(${JSON.stringify(name)}, () => {
        if (${name.length} === 5) throw new Error();
      });`
    );
    await Deno.writeTextFile(`${folder}/some_test.ts`, tests.join("\n"));
    const never = new AbortController().signal;
    const { passed, failed, ended } = await runAlone(
      folder,
      never,
      names.slice(0, 3),
    );
    assertEquals([passed, failed, ended], [names.slice(0, 2), ["b.c|d"], true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
