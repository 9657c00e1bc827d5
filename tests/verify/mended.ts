// An exercise to its end: left, looked at, cheated at, mended.

import { assertEquals, assertMatch } from "@std/assert";
import { tamperedWith } from "../../tools/faults/exercise.ts";
import { Program, ROOT } from "../support/programs.ts";

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

  /** Replaces something in one of its files. */
  async edit(path: string, before: string, after: string): Promise<void> {
    const file = `${this.folder}/${path}`;
    const text = await Deno.readTextFile(file);
    assertEquals(text.split(before).length, 2, `${before} in ${path}`);
    await Deno.writeTextFile(file, text.replace(before, () => after));
  }

  async mended() {
    await using program = task("mended", this.folder);
    return await program.ended();
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.#parent, { recursive: true });
  }
}

const DECIDES = "[come-and-go]";
const FORGET =
  "    if (this.handlers.get(clientId) === handler) this.handlers.delete(clientId);\n";
const COMMENT =
  "    // One that was turned away may have the id of one that was not.\n";

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
      const path = `tests/${name}_test.ts`;
      await Deno.copyFile(ROOT + path, `${folder}/${path}`);
    }
    assertEquals(await tamperedWith(folder), []);
  });

  await t.step("nor does it that no test runs", async () => {
    const cheat = "Object.assign(Deno, { test: () => {} });\n";
    await exercise.edit(
      "lib/lock.ts",
      "export class Lock {",
      `${cheat}export class Lock {`,
    );
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, stillFails);
    await exercise.edit("lib/lock.ts", cheat, "");
  });

  await t.step("what does not type-check is told", async () => {
    await exercise.edit(
      "server.ts",
      COMMENT,
      `${COMMENT}    clientId.leave();\n`,
    );
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(stdout, /^Not mended: it does not type-check\.\n[^]*'leave'/);
    await exercise.edit("server.ts", "    clientId.leave();\n", FORGET);
  });

  await t.step("mended is mended", async () => {
    const { code, stdout } = await exercise.mended();
    assertEquals([code, stdout], [
      0,
      `Mended: the test ${DECIDES} passes, and so do the others.\n`,
    ]);
  });

  await t.step("something else broke", async () => {
    await exercise.edit("lib/cli/python_repr.ts", '"None"', '"none"');
    const { code, stdout } = await exercise.mended();
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /^What failed passes now, but something else broke:\n {2}pythonRepr\(\) .*\n$/,
    );
  });
});
