import { assert, assertEquals, assertMatch } from "@std/assert";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const run = needs("run");

run.test("deno task compile reports what is missing if it cannot compile (needs run)", async () => {
  await using ours = new Program(Deno.execPath(), [
    "run",
    "--no-prompt",
    "--allow-run",
    "tools/project/compile.ts",
  ], { env: { DENORT_BIN: "/nonexistent/denort" } });
  const { code, stdout, stderr } = await ours.ended();
  assertEquals([code, stdout], [1, ""]);
  assert(!/backtrace/i.test(stderr), stderr);
  assertMatch(
    stderr,
    /\nCannot compile server\.ts\. .* name one in DENORT_BIN\n$/,
  );
});
