// The short scenarios of `deno task hold`.

import { assert, assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import { Program } from "../../tools/processes/program.ts";

const linux = needs("Linux");

for (
  const name of [
    "come-and-go",
    "descriptors",
    "kill9",
    "output",
    "screen",
    "throws",
  ]
) {
  linux.test(`hold ${name} keeps all bounds except times, which depend on the machine (needs Linux)`, async () => {
    await using hold = new Program(Deno.execPath(), [
      ...["task", "--quiet", "hold", name],
    ]);
    const { stdout, stderr } = await hold.ended(5);
    const rows = stdout.trim().split("\n").filter((line) => line[0] === " ");
    assert(rows.length > 1, stdout + stderr);
    const fail = rows.filter((row) =>
      !/ holds$/.test(row) && !/ ms /.test(row)
    );
    assertEquals(fail, [], stdout + stderr);
  });
}
