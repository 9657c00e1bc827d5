import { assert, assertEquals, assertMatch } from "@std/assert";
import { listFaults } from "../tools/teach/break.ts";
import type { Fault } from "../tools/teach/faults/fault.ts";
import { readFaults } from "../tools/teach/faults/fault.ts";
import { needs } from "./support/needs.ts";

const read = needs("read");

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
