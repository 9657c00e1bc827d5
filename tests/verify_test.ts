import { assertEquals, assertMatch } from "@std/assert";
import { Count } from "../tools/project/verify.ts";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const run = needs("run");

/** The output of `deno test` for a file whose tests end in every possible way. */
const PRINTED = `running 5 tests from ./tests/verify/x.ts
one ... ok (3ms)
two ... ignored (0ms)
three ...
  a step ... ok (1ms)
  another step ... FAILED (2ms)
three ... FAILED (due to 1 failed step) (4ms)
four ...'four' has been running for over (1m0s)
 ok (1m2s)
five ...
------- output -------
it is ok
----- output end -----
five ... FAILED (1s)

 ERRORS 

five => ./tests/verify/x.ts:9:6

FAILED | 2 passed (1 step) | 2 failed (1 step) | 1 ignored (1m5s)
`;

Deno.test("Count.take() counts the tests of a file, but not their steps", () => {
  const count = new Count();
  for (const line of PRINTED.split("\n")) count.take(line);
  const { total, done, passed, failed, ignored } = count;
  assertEquals([total, done], [5, 5]);
  assertEquals([passed, failed, ignored], [2, 2, 1]);
});

run.test("verify lists its parts if it is given an unknown one (needs run)", async () => {
  await using verify = new Program(Deno.execPath(), [
    ...["task", "--quiet", "verify", "falts"],
  ]);
  const { code, stderr } = await verify.ended();
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /^There is no part falts\. Is it faults\? The parts are bench, /,
  );
});
