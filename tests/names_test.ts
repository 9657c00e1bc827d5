// The names of the tests: their `(needs ...)` and their ids.

import { assert, assertEquals } from "@std/assert";
import { SCENARIOS } from "../tools/teach/scenario/scenarios.ts";
import { needs } from "./support/needs.ts";
import { ROOT } from "../tools/processes/program.ts";

const read = needs("read");

/** Returns the texts of all test files, by path. */
function readTests(): Map<string, string> {
  const texts = new Map<string, string>();
  for (const folder of ["tests/", "tests/verify/", "bench/"]) {
    for (const { name, isFile } of Deno.readDirSync(ROOT + folder)) {
      const path = folder + name;
      const isTest = folder !== "bench/" || name.endsWith("_test.ts");
      if (isFile && isTest) texts.set(path, Deno.readTextFileSync(ROOT + path));
    }
  }
  return texts;
}

read.test("Each test's name ends with the needs that the test is registered with (needs read)", () => {
  let compared = 0;
  for (const [path, text] of readTests()) {
    const asked = new Map<string, string>();
    for (
      const [, name, all] of text.matchAll(/const (\w+) = needs\(([^)]*)\);/g)
    ) asked.set(name, all.replaceAll('"', ""));
    const tests = /(\w+)\.test\(\s*(["`])(.*?)\2/gs;
    assert(
      !/needs\([^)]*\)\s*\.test/.test(text),
      `${path}: assign needs() to a constant`,
    );
    for (const [, name, , title] of text.matchAll(tests)) {
      if (name === "Deno") continue;
      assertEquals(title.match(/ \(needs (.*)\)$/)?.[1], asked.get(name), path);
      compared++;
    }
  }
  assert(compared > 100, `only ${compared} tests were found`);
});

read.test("No two tests have the same id in their names (needs read)", () => {
  const ids = SCENARIOS.map(({ name }) => name);
  for (const text of readTests().values()) {
    const names = text.matchAll(/(?:test\(|name:)\s*(["`])(.*?)\1/gs);
    for (const [, , name] of names) {
      const [, id] = name.match(/\[([a-z][\w-]+)\]/) ?? [];
      if (id !== undefined) ids.push(id);
    }
  }
  assert(ids.length > 40, `only ${ids.length} ids were found`);
  assertEquals(ids.filter((id, i) => ids.indexOf(id) !== i), []);
});
