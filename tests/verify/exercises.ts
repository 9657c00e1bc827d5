// The exercises of docs/exercises.md: each check fails at first, and passes with
// the solution in tests/solutions/.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { copyProject } from "../../tools/teach/faults/copy.ts";
import { patchFolder } from "../../tools/teach/faults/patch.ts";
import { Program, ROOT } from "../../tools/processes/program.ts";

const PAGE = await Deno.readTextFile(`${ROOT}docs/exercises.md`);

/** Runs an exercise's check in a copy of the project, as docs/exercises.md says. */
async function check(folder: string, name: string) {
  assert(PAGE.includes(`\ndeno task test examples/exercises/${name}.ts\n`));
  await using program = new Program(Deno.execPath(), [
    ...["task", "--quiet", "test", `examples/exercises/${name}.ts`],
  ], { cwd: folder });
  return await program.ended();
}

async function serveNetstrings(folder: string): Promise<void> {
  await using server = new Program(Deno.execPath(), [
    ...["task", "--quiet", "server", "--wire", "netstring", "--port", "0"],
  ], { cwd: folder });
  await server.stdout.match(/^Listening at /);
}

for (const name of ["handler", "wire_format", "limit", "one_at_a_time"]) {
  Deno.test(`The check of the exercise ${name} fails at first, and passes with its solution`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
    try {
      await copyProject(folder);
      const before = await check(folder, name);
      assertEquals(before.code, 1, before.stdout + before.stderr);
      assertMatch(before.stdout, / 0 passed .*\| [1-9]\d* failed/);
      const solution = `${ROOT}tests/solutions/${name}.patch`;
      await patchFolder(await Deno.readTextFile(solution), folder);
      const after = await check(folder, name);
      assertEquals(after.code, 0, after.stdout + after.stderr);
      assertMatch(after.stdout, / passed \| 0 failed/);
      if (name === "wire_format") await serveNetstrings(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
