import { assert, assertEquals, assertMatch } from "@std/assert";
import { listFaults } from "../tools/teach/break.ts";
import type { Fault } from "../tools/teach/faults/fault.ts";
import { readFaults } from "../tools/teach/faults/fault.ts";
import { Program } from "../tools/processes/program.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { TOUR } from "../tools/teach/scenario/scenarios.ts";
import { needs } from "./support/needs.ts";

const read = needs("read");
const files = needs("run", "read", "write");

files.test("In an exercise, the text under a drawing says what should happen (needs run, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(folder);
    const trace = async () => {
      const args = ["task", "--quiet", "trace", "contended-lock"];
      const program = new Program(Deno.execPath(), args, { cwd: folder });
      const { code, stdout } = await program.ended();
      assertEquals(code, 0);
      return stdout;
    };
    assertMatch(await trace(), /\ncontended-lock: Three handlers want/);
    const note = { fault: "no-lock", project: ".." };
    await Deno.writeTextFile(`${folder}/exercise.json`, JSON.stringify(note));
    assertMatch(await trace(), /\ncontended-lock: As it should be: Three/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

read.test("trace lists each scenario that a page draws (needs read)", async () => {
  const listed = TOUR.map(({ name }) => name);
  for (const page of ["lab", "tour"]) {
    const path = new URL(`../docs/${page}.md`, import.meta.url);
    const text = await Deno.readTextFile(path);
    for (const [, name] of text.matchAll(/<!-- trace: (\S+) -->/g)) {
      assert(listed.includes(name), name);
    }
  }
});

read.test("listFaults() has the easiest faults first, and fits a terminal of 80 by 24 (needs read)", async () => {
  const faults = await readFaults();
  const all = listFaults(faults, 100, Infinity).join("\n");
  for (const { name } of faults) assert(all.includes(name), name);
  const order = ["Easy:", "Medium:", "Hard:", "A limit is not"];
  const places = order.map((title) => all.indexOf(`${title}`));
  assertEquals(places, places.toSorted((a, b) => a - b));
  const easy = faults.filter((fault) => fault.level === 1 && !isLimit(fault));
  const lines = listFaults(faults, 80, 24);
  // Two lines more are for the hint and the prompt.
  assert(lines.length <= 22, `${lines.length} lines`);
  assertEquals(lines[0], "Easy:");
  for (const line of lines) assert(line.length <= 80, line);
  const small = lines.join("\n");
  for (const { name, takes } of easy) {
    assertMatch(small, new RegExp(`\n  ${name} +${takes.slice(0, 20)}`));
  }
  for (const fault of faults) {
    const name = isLimit(fault) ? fault.name.slice(6) : fault.name;
    assert(small.includes(name), name);
  }
});

function isLimit({ name }: Fault): boolean {
  return name.startsWith("limit-");
}
