import { assertEquals, assertMatch } from "@std/assert";
import { tamperedWith } from "../tools/faults/exercise.ts";
import { Program, ROOT } from "./programs.ts";

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

const SCENARIO =
  "Scenario come-and-go goes as tests/testdata/scenarios.txt tells";
const FORGET =
  "    if (this.handlers.get(clientId) === handler) this.handlers.delete(clientId);\n";
const COMMENT =
  "    // One that was turned away may have the id of one that was not.\n";

Deno.test("An exercise names a test that fails, explains nothing, and is judged: broken, cheated, mended", async (t) => {
  await using exercise = new Exercise();
  const { folder } = exercise;

  await t.step("it names the test", async () => {
    const said = await exercise.leave("left-in-table");
    assertMatch(said, new RegExp(`\n  ${SCENARIO}\n`));
    assertMatch(
      said,
      new RegExp(
        `\n  deno task test tests/scenario_test.ts --filter "${SCENARIO}"\n`,
      ),
    );
    await using failing = new Program(Deno.execPath(), [
      ...["task", "--quiet", "test", "tests/scenario_test.ts"],
      ...["--filter", SCENARIO],
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
    assertMatch(stdout, /^Not mended\. Still fails:\n/);
    assertMatch(stdout, new RegExp(`\n  ${SCENARIO}\n`));
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
    assertMatch(stdout, /^Not mended\. Still fails:\n/);
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
      `Mended: ${SCENARIO} passes, and so do the others.\n`,
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

Deno.test("break and mended say what is wrong with what they are given", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  await Deno.writeTextFile(`${folder}/notes.txt`, "mine");
  for (
    const [args, code, why] of [
      [["break", "no-lok"], 2, /^There is no fault no-lok: /],
      [
        ["break", "--exercise", folder],
        2,
        /^There is no fault without a name: /,
      ],
      [["break", "no-lock", "--exercise", folder], 1, / is there already\. /],
      [["break", "no-lock", "--exercise", "x"], 1, / is in this project\. /],
      [
        ["break", "no-lock", "--exercise", "lib/y"],
        1,
        / is in this project\. /,
      ],
      [["break", "no-lock", "no-linger"], 2, /^One fault at a time/],
      [["mended"], 2, /^Which folder\? /],
      [["mended", folder], 1, / is no exercise, /],
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

Deno.test("break shows every fault, as it says", async (t) => {
  await using listing = task("break");
  const { stdout } = await listing.ended();
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) {2}|(limit-\w+)/gm)]
    .map(([, name, limit]) => name ?? limit);
  assertEquals(
    names.length,
    [...Deno.readDirSync(`${ROOT}tests/faults`)].length,
  );
  for (const name of names) {
    await t.step(name, async () => {
      await using program = task("break", name);
      const { code, stdout, stderr } = await program.ended();
      assertEquals(code, 0, stderr);
      const lines = stdout.split("\n");
      assertMatch(stdout, /^The fault: .*\nWhat then: .*\nWatch for: .*\n\n/);
      assertMatch(stdout, /\nAs it should be: .*[^]*\nBroken: .*\n/);
      assertEquals(lines.filter((line) => line.length > 100), []);
    });
  }
});
