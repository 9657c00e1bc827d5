// The modules that other projects import.

import { assert, assertEquals } from "@std/assert";
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

/** The part of what `deno doc --json` says about a module that is used here. */
interface DocumentedModule {
  module_doc: Documented;
  symbols: {
    name: string;
    declarations: { kind: string; jsDoc?: Documented }[];
  }[];
}

interface Documented {
  tags?: { kind: string; doc?: string }[];
}

/** Exports without an example of their own, and the module whose example uses them. */
const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  // An example would not fit into clienthandler.ts, which may have 300 lines.
  StudentHandler: "lib/students/students.ts",
};

/** Returns the code of all examples in a comment, as `deno test --doc` runs it. */
function examplesIn({ tags = [] }: Documented = {}): string[] {
  return tags.filter(({ kind }) => kind === "example").flatMap(({ doc = "" }) =>
    Array.from(doc.matchAll(/^```ts\n([^]*?)^```$/gm), ([, code]) => code)
  );
}

files.test("Every function and class that is exported is used in an example, which other projects can copy (needs run, read, write)", async () => {
  await using doc = new Program(
    Deno.execPath(),
    ["doc", "--json", ...Object.values(config.exports)],
    { cwd: ROOT, env: { NO_COLOR: "1" } },
  );
  const { stdout } = await doc.ended();
  const modules: Record<string, DocumentedModule> = JSON.parse(stdout).nodes;
  const urlOf = (path: string) => new URL(path, `file://${ROOT}`).href;
  const exports = Object.keys(config.exports)
    .map((name) => name.replace(/^\./, "@rollcall/rollcall"));
  let examples = 0;
  const missing: string[] = [];
  for (const [module, { symbols }] of Object.entries(modules)) {
    for (const { name, declarations } of symbols) {
      const elsewhere = SHOWN_ELSEWHERE[name];
      const found = [
        ...declarations.flatMap(({ jsDoc }) => examplesIn(jsDoc)),
        ...elsewhere ? examplesIn(modules[urlOf(elsewhere)].module_doc) : [],
      ];
      for (const code of found) {
        for (const [, from] of code.matchAll(/from "(.*)";$/gm)) {
          assert(exports.includes(from), `${name}: an example imports ${from}`);
        }
      }
      examples += found.length;
      const isUsed = found.some((code) => RegExp(`\\b${name}\\b`).test(code));
      const needsOne = declarations.some(({ kind }) =>
        kind === "function" || kind === "class"
      );
      if (needsOne && !isUsed) missing.push(`${module}: ${name}`);
    }
  }
  assertEquals(missing, [], "exports without an example that uses them");
  assert(examples > 50, `only ${examples} examples were found`);
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
