// One whole exercise: it is left in a folder, it fails, it is cheated at, it is mended.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { tamperedWith } from "../../tools/teach/faults/exercise.ts";
import { Program, ROOT } from "../../tools/processes/program.ts";

function task(...args: string[]): Program {
  return new Program(Deno.execPath(), ["task", "--quiet", ...args]);
}

/** An exercise in a new folder, removed at the end of the test. */
class Exercise implements AsyncDisposable {
  #parent = Deno.makeTempDirSync({ prefix: "rollcall-" });
  readonly folder = `${this.#parent}/mend-me`;

  async leave(fault: string): Promise<string> {
    await using program = task("break", fault, "--exercise", this.folder);
    const { code, stdout, stderr } = await program.ended();
    assertEquals(code, 0, stderr);
    return stdout;
  }

  /** Changes one of its files. */
  async edit(path: string, change: (text: string) => string): Promise<void> {
    const file = `${this.folder}/${path}`;
    const before = await Deno.readTextFile(file);
    const after = change(before);
    assert(after !== before, path);
    await Deno.writeTextFile(file, after);
  }

  /** Restores one of its files from the project. */
  async restore(path: string): Promise<void> {
    await Deno.copyFile(ROOT + path, `${this.folder}/${path}`);
  }

  async mended() {
    await using program = task("mended", this.folder);
    return await program.ended(8);
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.#parent, { recursive: true });
  }
}

const DECIDES = "[come-and-go]";

Deno.test("An exercise names a test that fails, explains nothing, and is judged: broken, cheated, mended", async (t) => {
  await using exercise = new Exercise();
  const { folder } = exercise;
  const stillFails =
    /^Not mended\. Still fails:\n {2}(Scenario )?\[come-and-go\]/;

  await t.step("it names the test", async () => {
    const said = await exercise.leave("left-in-table");
    const [, file] = said.match(
      /\n {2}deno test -A (\S+) --filter "\[come-and-go\]"\n/,
    )!;
    await using failing = new Program(Deno.execPath(), [
      ...["test", "--allow-all", file, "--filter", DECIDES],
    ], { cwd: folder });
    const { code, stdout } = await failing.ended();
    assertEquals(code, 1);
    assertMatch(stdout, /0 passed .*\| 1 failed/);
    assertMatch(stdout, /Bob +is refused: The server is full/);
    // The answer is not there.
    const entries = [...Deno.readDirSync(`${folder}/tests`)];
    assertEquals(entries.filter(({ name }) => name === "faults"), []);
  });

  await t.step("deleted and weakened tests do not help", async () => {
    await Deno.remove(`${folder}/tests/scenario_test.ts`);
    await Deno.writeTextFile(`${folder}/tests/simulation_test.ts`, "");
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, stillFails);
    assertMatch(stdout, /\n {2}tests\/scenario_test\.ts is gone\n/);
    assertMatch(stdout, /\n {2}tests\/simulation_test\.ts was changed\n/);
    for (const name of ["scenario", "simulation"]) {
      await exercise.restore(`tests/${name}_test.ts`);
    }
    assertEquals(await tamperedWith(folder), []);
  });

  await t.step("nor does it that no test runs", async () => {
    const cheat = "Object.assign(Deno, { test: () => {} });\n";
    await exercise.edit("lib/lock.ts", (text) => cheat + text);
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, stillFails);
    await exercise.restore("lib/lock.ts");
  });

  await t.step("what does not type-check is told", async () => {
    await exercise.edit("server.ts", (text) => `${text}\nconst one: 1 = 2;\n`);
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, /^Not mended: it does not type-check\.\n[^]*'1'/);
  });

  await t.step("mended is mended", async () => {
    await exercise.restore("server.ts");
    const { code, stdout } = await exercise.mended();
    assertEquals([code, stdout], [
      0,
      `Mended: the test ${DECIDES} passes, and so do the others.\n`,
    ]);
  });

  await t.step("something else broke", async () => {
    await exercise.edit(
      "lib/formats/python_repr.ts",
      (text) => text.replace('"None"', '"none"'),
    );
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /^What failed passes now, but something else broke:\n {2}pythonRepr\(\) .*\n$/,
    );
  });
});
