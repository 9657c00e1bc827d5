import { assert, assertEquals, assertMatch } from "@std/assert";
import { copyProject } from "../tools/faults/copy.ts";
import { patchFolder } from "../tools/faults/fault.ts";
import { Program, ROOT } from "./programs.ts";

/** Runs an exercise's check in a copy of the project, as docs/exercises.md says. */
async function check(folder: string, name: string) {
  await using program = new Program(Deno.execPath(), [
    ...["task", "--quiet", "test", `examples/exercises/${name}.ts`],
  ], { cwd: folder });
  return await program.ended();
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
      assert(/ passed \| 0 failed/.test(after.stdout), after.stdout);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
