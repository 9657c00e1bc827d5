// The short scenarios of `deno task hold`.

import { assert, assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import { Program } from "../../tools/processes/program.ts";

const linux = needs("Linux");
const redis = needs("Linux", "redis-server");
const secured = needs("Linux", "openssl");
const traced = needs("Linux", "strace");

/** Fails unless a scenario keeps all bounds except times, which depend on the machine. */
async function assertHolds(...args: string[]): Promise<void> {
  await using hold = new Program(Deno.execPath(), [
    ...["task", "--quiet", "hold", ...args],
  ]);
  const { stdout, stderr } = await hold.ended(5);
  const rows = stdout.trim().split("\n").filter((line) => line[0] === " ");
  assert(rows.length > 1, stdout + stderr);
  const fail = rows.filter((row) =>
    !/ holds$/.test(row) && !/ ms | a second /.test(row)
  );
  assertEquals(fail, [], stdout + stderr);
}

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
  linux.test(`hold ${name} keeps all bounds except times (needs Linux)`, () =>
    assertHolds(name));
}

for (const name of ["kept", "failing-file"]) {
  linux.test(`hold ${name} keeps all bounds except times in a short run (needs Linux)`, () =>
    assertHolds(name, "--brief"));
}

secured.test("hold tls keeps all bounds except times in a short run (needs Linux, openssl)", () =>
  assertHolds("tls", "--brief"));

for (const name of ["kept-redis", "failing-redis"]) {
  redis.test(`hold ${name} keeps all bounds except times in a short run (needs Linux, redis-server)`, () =>
    assertHolds(name, "--brief"));
}

traced.test("hold fsync keeps all bounds except times in a short run (needs Linux, strace)", () =>
  assertHolds("fsync", "--brief"));
