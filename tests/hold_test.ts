import { assertEquals, assertMatch } from "@std/assert";
import { median, quantile, slope } from "../tools/stress/hold/statistics.ts";
import { columnsOf, deceptive } from "../tools/stress/hold/shown.ts";
import { orderOf } from "../tools/stress/hold/rosters/commits.ts";
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

run.test("hold lists its scenarios, and reports an unknown name (needs run)", async () => {
  const { code, stdout } = await hold().ended();
  assertEquals(code, 0);
  const names = stdout.match(/^\S+/gm)!;
  assertEquals(new Set(names).size, names.length);
  const unknown = await hold("flod").ended();
  assertEquals(unknown.code, 2);
  assertMatch(
    unknown.stderr,
    /^There is no scenario flod\. Is it flood\? The scenarios are descriptors, /,
  );
});

Deno.test("quantile() returns the value that the given share of values does not exceed", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(quantile(values, 0.99), 99);
  assertEquals(quantile(values, 1), 100);
  assertEquals(median([3, 1, 2]), 2);
});

Deno.test("slope() returns the slope of points, whatever a single one of them says", () => {
  assertEquals(slope([[1, 5], [2, 7], [3, 9]]), 2);
  assertEquals(slope([[0, 0], [1, 3], [2, 0]]), 0);
  const steady = Array.from({ length: 10 }, (_, x) => [x, 3 * x] as const);
  assertEquals(slope([...steady.slice(0, -1), [9, 1000]]), 3);
});

Deno.test("deceptive() returns what a reader does not see, and columnsOf() how wide a text is", () => {
  const hidden = ["\x1b", "\u2028", "\u202e", "\u200b", "\u3164", "\u2800"];
  hidden.push("\u{e0041}", "\ufff9", "\ud800", "\ue000", "\u0378", "\u180b");
  for (const it of hidden) assertEquals(deceptive(`a${it}b`), [it]);
  assertEquals(deceptive("a  b "), [" ", " "]);
  assertEquals(deceptive("a" + "\u0301".repeat(5)), ["\u0301", "\u0301"]);
  assertEquals(deceptive("\u0301a\u200d"), ["\u0301", "\u200d"]);
  assertEquals(
    deceptive("\u0645\u06cc\u200c\u062e 1\ufe0f\u20e3 Zoe\u0308"),
    [],
  );
  assertEquals(columnsOf("aa\u0301\u674e\u{1f600}\u2764\ufe0f\uff71"), 9);
});

Deno.test("orderOf() finds answers that left before their commit was on the disk", () => {
  const flush = "7 fdatasync(3</x/class.db-wal>) = 0\n";
  const answer = '7 sendto(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, "K", 1) = 1\n';
  const begun = "8 fdatasync(3</x/class.db-wal> <unfinished ...>\n";
  const resumed = "8 <... fdatasync resumed>) = 0\n";
  const early = (trace: string) => orderOf(trace).early;
  assertEquals(orderOf(flush + answer + flush + answer), {
    answers: 2,
    early: 0,
  });
  assertEquals(early(answer + flush), 1);
  assertEquals(early(flush + answer + answer), 1);
  assertEquals(early(begun + answer + resumed), 1);
  assertEquals(early(begun + resumed + answer), 0);
  assertEquals(early(flush.replace("= 0", "= -1 EIO") + answer), 1);
  assertEquals(early(flush.replace("-wal", "") + answer), 1);
});
