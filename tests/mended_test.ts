// Errors that break and mended report. tests/verify/mended.ts tests a whole
// exercise.

import { assertEquals, assertMatch } from "@std/assert";
import { needs } from "./support/needs.ts";
import { Program } from "../tools/processes/program.ts";

const files = needs("run", "read", "write");

function task(...args: string[]): Program {
  return new Program(Deno.execPath(), ["task", "--quiet", ...args]);
}

files.test("break and mended report wrong arguments (needs run, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  await Deno.writeTextFile(`${folder}/notes.txt`, "mine");
  for (
    const [args, code, why] of [
      [["break", "nolock"], 2, /^There is no fault nolock\. Is it no-lock\? /],
      [["break", "tea"], 2, /^There is no fault tea\. `deno task break` lists/],
      [
        ["break", "--exercise", folder],
        2,
        /^--exercise needs the name of a fault\. /,
      ],
      [["break", "no-lock", "--exercise", folder], 1, / is there already, /],
      [["break", "no-lock", "--exercise", "x"], 1, / is in this project\. /],
      [
        ["break", "no-lock", "--exercise", "lib/y"],
        1,
        / is in this project\. /,
      ],
      [["break", "no-lock", "no-linger"], 2, /^One fault at a time/],
      [["mended"], 2, /^Which folder\? /],
      [["mended", folder], 1, / is not an exercise, /],
      [["mended", `${folder}/x`], 1, /^There is no folder /],
      [["mended", "--all"], 2, /^There is no flag --all\. /],
    ] as const
  ) {
    const ended = await task(...args).ended();
    assertEquals([ended.code, ended.stdout], [code, ""], args.join(" "));
    assertMatch(ended.stderr, why);
  }
  assertEquals([...Deno.readDirSync(folder)].length, 1);
  await Deno.remove(folder, { recursive: true });
});
