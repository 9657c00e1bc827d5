// Full runs of the grader: all checks, harmful programs, and every known program.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { grade, GRADED, gradeKnown, isRunning } from "../support/grading.ts";
import { needs } from "../support/needs.ts";
import { ALICE, TestServer } from "../support/peers.ts";
import { Program, ROOT } from "../../tools/processes/program.ts";

const linux = needs("Linux");
const python = needs("Linux", "python3");

Deno.test("grade --connect tests a server that already runs, and leaves out checks of the program", async () => {
  await using server = new TestServer();
  const address = `127.0.0.1:${server.addr.port}`;
  const { code, stdout, stderr } = await grade("--connect", address).ended(5);
  assertEquals(code, 0, stdout + stderr);
  assertMatch(stdout, /^ {11}lab {2}banner .*\(not run: needs --spawn\)$/m);
  assertMatch(stdout, /^PASS {2}5\/5 {2}pro {2}every-cut /m);
  assert(
    server.lines.length > 500 &&
      !server.lines.join().includes(ALICE.github_username),
  );
});

for (const [side, file] of [["server", "server.ts"], ["client", "client.ts"]]) {
  linux.test(`grade gives Rollcall's ${side} full marks (needs Linux)`, async () => {
    const command = `${Deno.execPath()} run --quiet --no-prompt --allow-net ` +
      `--allow-sys=networkInterfaces ${ROOT}${file} --port {port}`;
    const { code, stdout, stderr } = await grade(
      ...(side === "client" ? ["--client"] : []),
      ...["--spawn", command, "--cwd", GRADED],
      ...["--port", "0", "--level", "pro"],
    ).ended(5);
    assertEquals(code, 0, stdout + stderr);
    assertMatch(
      stdout,
      /\nlab: (\d+) of \1 points, passed {3}pro: (\d+) of \2 points, passed\n/,
    );
  });
}

python.test("grade tells a student what happened, and why (needs Linux, python3)", async () => {
  const args = ["--only", "acknowledge,one-segment", "--seed", "5"];
  const command = "bad_servers.py one-recv {port}";
  const { code, stdout } = await gradeKnown(command, ...args).ended(5);
  assertEquals(code, 1, stdout);
  for (
    const line of [
      /^PASS {2}4\/4 {2}lab {2}acknowledge {2}/m,
      /^FAIL {2}0\/5 {2}pro {2}one-segment {2}/m,
      /^ {9}sent {3}20 messages in one write, the first \{'student_name': '\w+ \w+',/m,
      /^ {5}observed {3}1 of them, then nothing in 5 s$/m,
      /^ {5}expected {3}20 messages, each an acknowledgement$/m,
      /^ likely cause {3}One `recv` is treated as one message: /m,
      /^ {10}see {3}docs\/lab\.md: Why one `recv` is not one message;/m,
      /^lab: 4 of 4 points, passed {3}pro: 0 of 5 points, not passed\nMend first: one-segment\n$/m,
    ]
  ) assertMatch(stdout, line);
  const again = await gradeKnown(command, ...args, "--json").ended(5);
  const { checks } = JSON.parse(again.stdout);
  const [, name] = stdout.match(/'student_name': '(\w+ \w+)'/)!;
  assertMatch(checks[1].diagnosis.sent[0], new RegExp(name));
});

const HARMFUL: [string, RegExp][] = [
  ["floods", /"cause": "(listens-not|output)"/],
  ["spins", /"cause": "listens-not"/],
  ["is-deaf", /"cause": "ctrl-c"/],
  ["leaves-child", /"got": 4/],
  ["hides-child", /"got": 4/],
  ["breeds", /"cause": "processes"/],
  ["grows", /"cause": "memory"/],
  ["fills-folder", /"cause": "files"/],
  ["fills-temporary", /"cause": "files"/],
  // Where making one takes long, ten seconds are over first.
  ["makes-files", /"cause": "(files|listens-not)"/],
  ["makes-folders", /"cause": "(files|listens-not)"/],
  ["removes-folder", /"got": 4/],
  ["writes-long-lines", /"got": 4/],
  ["stops-itself", /"cause": "listens-not"/],
];

for (const [kind, says] of HARMFUL) {
  python.test(`grade is not harmed by a program that ${kind}, and leaves nothing behind (needs Linux, python3)`, async () => {
    const token = crypto.randomUUID();
    const only = ["--only", "banner,ctrl-c", "--json"];
    const command = `harmful.py ${kind} {port} ${token}`;
    const { stdout } = await gradeKnown(command, ...only).ended(5);
    assertMatch(stdout, says);
    assert(!await isRunning(`. ${token}`), "a process is left");
  });
}

python.test("grade gives each known program its known result (needs Linux, python3)", async (t) => {
  await using verifying = new Program(Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", "tools/grade/verify.ts"],
    ...["--brief", "--at-once", "4"],
  ]);
  const { code, stdout, stderr } = await verifying.ended(20);
  const lines = [
    ...stdout.matchAll(/^(as known|DIFFERS): (.*?): .*(?:\n {2}.*)*/gm),
  ];
  assert(lines.length >= 110, stdout + stderr);
  for (const [all, verdict, name] of lines) {
    await t.step(name, () => assertEquals(verdict, "as known", all));
  }
  assertEquals(code, 0, stdout + stderr);
});
