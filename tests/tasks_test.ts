// The tasks of deno.json.

import { assertEquals, assertMatch } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { Program } from "../tools/processes/program.ts";
import { needs } from "./support/needs.ts";

const run = needs("run");

function task(...args: string[]): Program {
  return new Program(Deno.execPath(), ["task", "--quiet", ...args]);
}

Deno.test("Each task has a description that says for whom it is", () => {
  for (const { description } of Object.values(config.tasks)) {
    assertMatch(description, /^(Run|Learn|Teach|Develop): /);
    // It stands in a list, indented, on a terminal of 80 columns.
    assertEquals(description.length <= 72, true, description);
  }
});

Deno.test("The list of the tasks ends with those that a student needs", () => {
  const groups = Object.values(config.tasks)
    .map(({ description }) => description.split(":")[0]);
  const order = ["Develop", "Teach", "Learn", "Run"];
  assertEquals([...new Set(groups)], order);
  assertEquals(
    groups,
    groups.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
  );
});

run.test("A task takes flags after --, as npm passes them on (needs run)", async () => {
  const args = ["--filter", "lock-fifo", "tests/lock_test.ts"];
  const { code, stdout } = await task("test", "--", ...args).ended();
  assertEquals(code, 0);
  assertMatch(stdout, /\b1 passed\b.* filtered out/);
});

run.test("trace takes the name of a scenario, with and without --scenario (needs run)", async () => {
  const named = await task("trace", "pipelined").ended();
  assertEquals(named.code, 0);
  assertMatch(named.stdout, /\npipelined: /);
  assertEquals(await task("trace", "--scenario", "pipelined").ended(), named);
  const mistyped = await task("trace", "pipelind").ended();
  assertEquals([mistyped.code, mistyped.stdout], [2, ""]);
  assertMatch(
    mistyped.stderr,
    /^There is no scenario pipelind\. Is it pipelined\? The scenarios are .*\n$/,
  );
});
