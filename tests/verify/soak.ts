// A short soak: it runs, judges, and ends early at Ctrl-C.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Program } from "../../tools/processes/program.ts";

const SOAK = [
  "run",
  "--quiet",
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--allow-run",
  "tools/stress/soak.ts",
];

Deno.test("the soak prints its table, and finds nothing left or wrong after 6 s", async () => {
  await using soak = new Program(Deno.execPath(), [
    ...SOAK,
    "--minutes",
    "0.1",
  ]);
  const { code, stdout, stderr } = await soak.ended(5);
  assertMatch(
    stderr,
    /^\S+ Soaking the server at 127\.0\.0\.1\/\d+ for 0\.1 minutes\n$/,
  );
  assertMatch(stdout, /^measure +start +end +slope +bound +verdict\n/);
  const number = String.raw` +-?\d+\.\d+( MiB| ms)?`;
  for (
    const measure of ["live heap", "rss", "timers", "handlers", "latency p99"]
  ) {
    const row = `^${measure}${number}${number} +[+-][^ ]+( MiB| ms)?/h ` +
      ` +\\+[^±]+±${number} +(holds|FAILS)$`;
    assertMatch(stdout, new RegExp(row, "m"));
  }
  // How fast memory and latencies settle depends on the machine.
  const exact = stdout.split("\n").filter((line) =>
    /at rest|wrong answers|server's/.test(line)
  );
  assert(exact.length >= 7, stdout);
  for (const row of exact) assertMatch(row, /holds$/);
  assertMatch(stdout, /^[1-9]\d* correct answers\. Visits: .*patient \d+/m);
  assertEquals(code, /FAILS/.test(stdout) ? 1 : 0);
});

Deno.test("Ctrl-C ends the soak and its server early, and the table is printed", async () => {
  await using soak = new Program(Deno.execPath(), SOAK);
  const [, port] = await soak.stderr.match(
    /127\.0\.0\.1\/(\d+) for 10 minutes/,
  );
  soak.kill("SIGINT");
  const { stdout } = await soak.ended(5);
  assertMatch(stdout, /^handlers at rest +0 +0 +0 +holds$/m);
  await assertRejects(
    () => Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
    Deno.errors.ConnectionRefused,
  );
});
