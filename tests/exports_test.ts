// The modules that other projects import.

import { assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { needs } from "./support/needs.ts";
import { Program, ROOT } from "../tools/processes/program.ts";

const files = needs("run", "read", "write");

files.test("Every type that an export names is exported, too (needs run, read, write)", async () => {
  await using lint = new Program(
    Deno.execPath(),
    ["doc", "--lint", ...Object.values(config.exports)],
    { cwd: ROOT, env: { NO_COLOR: "1" } },
  );
  const { code, stderr } = await lint.ended();
  assertEquals(code, 0, stderr);
});

files.test("Every export type-checks in a project that has only its path (needs run, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const exports = Object.entries(config.exports).map(([name, path]) =>
      [name.replace(/^\./, "@rollcall/rollcall"), ROOT + path] as const
    );
    const imports = exports.map(([name], i) =>
      `import * as module${i} from "${name}";\nconsole.log(module${i});\n`
    );
    await Deno.writeTextFile(`${folder}/main.ts`, imports.join(""));
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ imports: Object.fromEntries(exports) }),
    );
    await using check = new Program(
      Deno.execPath(),
      ["check", "--quiet", "main.ts"],
      { cwd: folder },
    );
    assertEquals(await check.ended(), { code: 0, stdout: "", stderr: "" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
