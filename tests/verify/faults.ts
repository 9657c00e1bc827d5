// Every known fault, each in a copy of the project: its test fails, the simulation
// finds it if its file says so, and `break` shows it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readFaults } from "../../tools/teach/faults/fault.ts";
import { tryFault } from "../../tools/teach/faults/trial.ts";
import { Program } from "../../tools/processes/program.ts";

const faults = await readFaults();

for (const fault of faults) {
  Deno.test(`Fault ${fault.name} fails the test [${fault.test}], and break shows it`, async () => {
    const { results: { passed, failed }, isFound } = await tryFault(fault);
    assertEquals([passed, failed.length], [[], 1], failed.join("\n"));
    assertEquals(isFound, fault.isSimulated, "by the simulation");
    await using program = new Program(Deno.execPath(), [
      ...["task", "--quiet", "break", fault.name],
    ]);
    const { code, stdout, stderr } = await program.ended();
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^The fault: .*[^]*\nEffect: .*[^]*\n\nAS IT/);
    const end = /\n\nWatch for: .*[^]*\nAs it should be: .*[^]*\nBroken: .*\n/;
    assertMatch(stdout, end);
    assertEquals(stdout.split("\n").filter((line) => line.length > 100), []);
  });
}

Deno.test("break lists every fault", async () => {
  await using listing = new Program(Deno.execPath(), [
    ...["task", "--quiet", "break"],
  ]);
  const { stdout } = await listing.ended();
  const names = [...stdout.matchAll(/^ {2}([a-z-]+) {2}|(limit-\w+)/gm)]
    .map(([, name, limit]) => name ?? limit);
  assertEquals(names.sort(), faults.map(({ name }) => name).sort());
  assert(names.length > 0);
});
