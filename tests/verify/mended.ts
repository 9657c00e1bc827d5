// One whole exercise: it is made, its test fails, cheating fails, and mending
// passes.

import { resolve } from "node:path";
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
    return await program.ended(15);
  }

  /** Asks in the exercise's own folder. */
  async mendedInside() {
    const args = ["task", "--quiet", "mended"];
    const cwd = this.folder;
    await using program = new Program(Deno.execPath(), args, { cwd });
    return await program.ended(15);
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.#parent, { recursive: true });
  }
}

const DECIDES = "[come-and-go]";

Deno.test("An exercise names a failing test without the answer, and is judged broken, cheated or mended", async (t) => {
  await using exercise = new Exercise();
  const { folder } = exercise;
  const stillFails =
    /^Not mended\. This test fails:\n {2}(Scenario )?\[come-and-go\].*\n {4}\S/;

  await t.step("the exercise names its test", async () => {
    const said = await exercise.leave("left-in-table");
    const [, back] = said.match(/\nTo come back here: cd (\S+)\n$/)!;
    assertEquals(resolve(folder, back), resolve(ROOT));
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
    // The exercise does not contain the answer.
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

  await t.step("a way to run no tests does not help", async () => {
    const cheat = "Object.assign(Deno, { test: () => {} });\n";
    await exercise.edit("lib/lock.ts", (text) => cheat + text);
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, stillFails);
    await exercise.restore("lib/lock.ts");
  });

  await t.step("a type error is reported", async () => {
    await exercise.edit("server.ts", (text) => `${text}\nconst one: 1 = 2;\n`);
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, /^Not mended: it does not type-check\.\n[^]*'1'/);
  });

  await t.step("a mended exercise passes", async () => {
    await exercise.restore("server.ts");
    const { code, stdout, stderr } = await exercise.mendedInside();
    // The verdict on its own test comes first.
    assertMatch(stderr, /The fault is mended: .* You can stop here\.\n.*Now /);
    assertEquals([code, stdout], [
      0,
      `Mended: the test ${DECIDES} passes, and so do the others.\n`,
    ]);
  });

  await t.step("a new fault elsewhere is reported", async () => {
    await exercise.edit(
      "lib/formats/python_repr.ts",
      (text) => text.replace('"None"', '"none"'),
    );
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /^The test that failed passes now, but something else broke:\n {2}pythonRepr\(\) .*\n {4}AssertionError: /,
    );
  });
});
