import { assertEquals, assertMatch } from "@std/assert";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const run = needs("run");

function compile(env: Record<string, string>, ...args: string[]): Program {
  return new Program(Deno.execPath(), [
    ...["run", "--no-prompt", "--allow-run", "--allow-env=DENORT_BIN"],
    ...["tools/project/compile.ts", ...args],
  ], { env });
}

run.test("deno task compile says in three lines how to get the runtime part that is missing (needs run)", async () => {
  await using ours = compile({ DENORT_BIN: "/nonexistent/denort" });
  const { code, stdout, stderr } = await ours.ended();
  assertEquals([code, stdout], [1, ""]);
  const { deno } = Deno.version;
  const { target } = Deno.build;
  const [cannot, why, download, unpack, start, ...more] = stderr.split("\n");
  assertEquals(
    cannot,
    "Cannot compile server.ts without denort, Deno's runtime part:",
  );
  assertMatch(why, /^Could not find denort at '\/nonexistent\/denort'$/);
  assertEquals(
    download,
    "1. Download https://github.com/denoland/deno/releases/download/" +
      `v${deno}/denort-${target}.zip`,
  );
  assertMatch(unpack, /^2\. Unpack denort(\.exe)? from it$/);
  assertMatch(start, /^3\. .*DENORT_BIN=.*denort.* deno task compile$/);
  assertEquals(more, [""]);
});

run.test("deno task compile --all refuses one runtime part for all systems (needs run)", async () => {
  await using ours = compile({ DENORT_BIN: "/nonexistent/denort" }, "--all");
  const { code, stderr } = await ours.ended();
  assertEquals(code, 1);
  assertMatch(stderr, /^--all needs the runtime part of each system, and /);
});
