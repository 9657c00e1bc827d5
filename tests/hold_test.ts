import { assertEquals, assertMatch } from "@std/assert";
import { median, quantile, slope } from "../tools/stress/hold/statistics.ts";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const run = needs("run");

function hold(...args: string[]): Program {
  return new Program(Deno.execPath(), [
    "run",
    "--quiet",
    "--allow-all",
    "tools/stress/hold.ts",
    ...args,
  ]);
}

run.test("hold lists its scenarios, and says which name it does not know (needs run)", async () => {
  const { code, stdout } = await hold().ended();
  assertEquals(code, 0);
  const names = stdout.match(/^\S+/gm)!;
  assertEquals(new Set(names).size, names.length);
  const unknown = await hold("flod").ended();
  assertEquals(unknown.code, 2);
  assertMatch(unknown.stderr, /^There is no scenario flod, but descriptors, /);
});

Deno.test("quantile() gives the value that the share is not above", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(quantile(values, 0.99), 99);
  assertEquals(quantile(values, 1), 100);
  assertEquals(median([3, 1, 2]), 2);
});

Deno.test("slope() is the growth of the line that fits best", () => {
  assertEquals(slope([[1, 5], [2, 7], [3, 9]]), 2);
  assertEquals(slope([[0, 0], [1, 3], [2, 0]]), 0);
});
