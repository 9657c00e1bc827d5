import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { takesPort, withPort, wordsOf } from "../tools/grade/command.ts";
import { junit } from "../tools/grade/junit.ts";
import {
  allSteps,
  type Check,
  readCauses,
  readChecks,
  type Side,
} from "../tools/grade/kit.ts";
import { fits, isRefusal } from "../tools/grade/expect.ts";
import type { Message } from "../lib/formats/formats.ts";
import { verbOf, VERBS } from "../tools/grade/play.ts";
import { scoreOf, type Verdict } from "../tools/grade/run.ts";
import { fill, Maker } from "../tools/grade/values.ts";
import lab from "../docs/lab.md" with { type: "text" };
import protocol from "../docs/protocol.md" with { type: "text" };
import { grade, GRADED, gradeKnown, isRunning } from "./support/grading.ts";
import { needs } from "./support/needs.ts";

const SIDES: Side[] = ["server", "client"];
const PAGES: Record<string, string> = {
  "docs/lab.md": lab,
  "docs/protocol.md": protocol,
};
const run = needs("run");
const runWrite = needs("run", "read", "write");
const python = needs("run", "Linux", "python3");
const pythonNet = needs("run", "net", "Linux", "python3");

Deno.test("wordsOf() splits a command into words, and names a quote that is not closed", () => {
  assertEquals(wordsOf("  python3  server.py "), ["python3", "server.py"]);
  assertEquals(wordsOf(`a "b c"'d e' ""`), ["a", "b cd e", ""]);
  assertThrows(() => wordsOf(`a "b`), Error, 'A " is not closed');
  assertThrows(() => wordsOf(" "), Error, "takes a command");
  const words = wordsOf("serve --at={port}");
  assert(takesPort(words) && !takesPort(["serve"]));
  assertEquals(withPort(words, 12), ["serve", "--at=12"]);
});

Deno.test("Maker gives the same values for the same seed, and different values to each student", () => {
  const students = (seed: number) => {
    const maker = new Maker(seed, "banner");
    return Array.from({ length: 1000 }, () => maker.student());
  };
  assertEquals(students(7), students(7));
  const sids = new Set([...students(7), ...students(8)].map(({ sid }) => sid));
  assertEquals(sids.size, 2000);
  for (const { sid, hugename, longname } of students(9)) {
    assertMatch(String(sid), /^[1-9]\d{8}$/);
    assertEquals(String(longname).length, 400);
    assert(String(hugename).length >= 5000);
    for (const number of [Number(sid), String(hugename).length]) {
      for (const bits of [0, 8, 16, 24]) {
        assert(((number >> bits) & 0xff) !== 0x2e, `a dot in ${number}`);
      }
    }
  }
});

Deno.test("fill() inserts values, each with its type", () => {
  const values = { sid: 5, name: "Alice" };
  assertEquals(
    fill({ a: "$sid", b: "$name's ${sid}x", c: null, d: "$other" }, values),
    { a: 5, b: "Alice's 5x", c: null, d: "$other" },
  );
});

Deno.test("fits() tells an acknowledgement from a refusal", () => {
  const error = { error: "no" };
  assert(fits(1, "$ack") && fits("OK", "$ack") && !fits(error, "$ack"));
  assert(!fits(false, "$ack") && !fits({ ack: false, id: 5 }, "$ack"));
  assert(fits({ ack: true, isNew: false }, "$ack"));
  assert(fits({ error: false, text: "OK" }, "$ack"));
  assert(fits(1, 1) && !fits(true, 1) && !fits("1", 1));
  assert(fits({ clientid: 5, more: 1 }, { clientid: "$any" }));
  assert(!fits({ id: 5 }, { clientid: "$any" }) && !fits(5, { clientid: 5 }));
});

Deno.test("isRefusal() knows a refusal in any form, but not an acknowledgement that looks different", () => {
  const request = { student_name: "Alice Brown", github_username: "abrown1" };
  const refuses = (message: Message, acknowledgement: Message) =>
    isRefusal(message, acknowledgement, request);
  assert(refuses({ error: "sid is missing" }, 1));
  assert(refuses({ ack: false, clientid: 60644 }, { ack: true, clientid: 5 }));
  assert(refuses(0, 1) && refuses("sid is missing", "acknowledged"));
  assert(refuses({ status: "failed" }, { status: "done" }));
  assert(!refuses(1, 1) && !refuses("acknowledged", "acknowledged"));
  // The next id, the next count, or the next student makes no refusal.
  assert(!refuses({ ack: 1, clientid: 60645 }, { ack: 1, clientid: 60644 }));
  assert(!refuses("Hello abrown1, None", "Hello bchen2, 987654321"));
  assert(!refuses({ ack: true, sid: null }, { ack: true, sid: 5 }));
});

for (const side of SIDES) {
  Deno.test(`The kit for a ${side} is consistent, and docs/protocol.md names all its verbs`, () => {
    const checks = readChecks(side);
    const causes = readCauses();
    const before = new Set<string>();
    for (const check of checks) {
      const { id, weight, needs, needsPassed, steps } = check;
      assert(!before.has(id) && weight > 0 && steps.length > 0, id);
      const ids = needs.flatMap((need) => need.replace("?", "").split("|"));
      for (const needed of [...ids, ...needsPassed]) {
        assert(
          before.has(needed),
          `${id} needs ${needed}, which is not before it`,
        );
      }
      before.add(id);
      for (const step of [check, ...allSteps(steps)]) {
        for (const [wrong, cause] of Object.entries(step.causes ?? {})) {
          assert(causes.has(wrong), `${id}: no failure ${wrong}`);
          for (const name of [cause!].flat()) {
            assert(causes.has(name), `${id}: no cause ${name}`);
          }
        }
      }
      for (const step of allSteps(steps)) {
        for (const other of [step.ifFailed, step.unlessFailed]) {
          assert(other === undefined || before.has(other), `${id}: ${other}`);
        }
        if (!step.steps) assert(protocol.includes(`\`${verbOf(step)}\``));
      }
    }
    for (const verb of VERBS) assert(protocol.includes(`\`${verb}\``), verb);
  });
}

Deno.test("Every cause points to headings that exist", () => {
  for (const { cause, says, see } of readCauses().values()) {
    assertMatch(says, /^[A-Z`].*[.]$/, cause);
    assert(see.length > 0, cause);
    for (const place of see) {
      const [, page, title] = place.match(/^(docs\/\S+\.md): (.+)$/)!;
      assert(page in PAGES, page);
      assertMatch(
        PAGES[page],
        new RegExp(`^## (\\d+\\. )?${title}$`, "m"),
        cause,
      );
    }
  }
});

/** Returns a verdict about a check that does not exist. */
function verdict(
  state: Verdict["state"],
  more: Partial<Verdict> = {},
): Verdict {
  const check: Check = {
    id: "a",
    title: 'Says "a" & b',
    level: "lab",
    weight: 3,
    needs: [],
    needsPassed: [],
    lab: "",
    causes: {},
    steps: [],
  };
  return { check, state, seconds: 1.5, ...more };
}

const FAILED = verdict("failed", {
  diagnosis: {
    wrong: "other",
    cause: "ack-form",
    likely: "It sends <x>.",
    see: [],
    sent: [],
    got: "\x1b[2J\x00",
    due: "1",
    complaint: "",
    complaintOn: "stderr",
  },
});

Deno.test("scoreOf() adds up the points of passed checks, and leaves out checks that do not fit", () => {
  const all = [verdict("passed"), FAILED, verdict("blocked"), verdict("unfit")];
  assertEquals(scoreOf(all, "lab"), { got: 3, of: 9 });
  assertEquals(scoreOf(all, "pro"), { got: 0, of: 0 });
});

Deno.test("junit() escapes characters that XML does not allow", () => {
  const xml = junit([
    verdict("passed"),
    FAILED,
    verdict("unfit", { why: "x" }),
  ]);
  assertMatch(xml, /tests="3" failures="1" errors="0" skipped="1"/);
  assertMatch(xml, /name="a: Says &quot;a&quot; &amp; b" time="1\.500"/);
  assertMatch(
    xml,
    /message="It sends &lt;x&gt;\. Expected: 1\. Observed: \\x1b/,
  );
  // deno-lint-ignore no-control-regex -- asserts that there is none
  assert(!/[\x00-\x09\x0b-\x1f]/.test(xml));
});

run.test("grade says what is wrong with its command line (needs run)", async () => {
  const usages: [string[], RegExp][] = [
    [[], /^Give either --spawn or --connect, see --help\n$/],
    [["--spawn", "a", "--connect", "b:1"], /^Give either/],
    [["--connect", "here"], /^--connect takes HOST:PORT.*got "here"\n$/],
    [["--client", "--connect", "a:1"], /^--client needs --spawn/],
    [
      ["--spawn", "a", "--only", "grating"],
      /no check grating\. .*are banner, /,
    ],
    [["--spawn", "a", "--level", "top"], /^--level takes lab or pro/],
    [["--spawn", "a 'b"], /^A ' is not closed/],
  ];
  for (const [args, message] of usages) {
    const { code, stdout, stderr } = await grade(...args).ended();
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, message);
  }
  const list = await grade("--list").ended();
  assertEquals(
    list.stdout.trim().split("\n").length,
    readChecks("server").length,
  );
  assertMatch(list.stdout, /^lab {3}2 {2}banner {12}Says where it listens\n/);
});

runWrite.test("grade has exit code 3 for a program that cannot be started (needs run, read, write)", async () => {
  const deno = Deno.execPath();
  const folder = await Deno.makeTempDir();
  const cases: [string[], RegExp][] = [
    [
      ["--spawn", "no-such-program {port}"],
      /^Cannot start no-such-program: /,
    ],
    [
      ["--spawn", `${deno} eval "throw 5" {port}`],
      /^The program ended before it listened, with exit code 1: .*5\n$/,
    ],
    [["--connect", "127.0.0.1:1"], /^Nothing listens at 127\.0\.0\.1:1\n$/],
    [
      ["--spawn", `${deno} {port}`, "--cwd", "/nowhere"],
      /^Cannot copy \/nowhere: /,
    ],
  ];
  for (const [args, message] of cases) {
    const place = args.includes("--cwd") ? [] : ["--cwd", folder];
    const { code, stderr } = await grade(...args, ...place, "--port", "0")
      .ended();
    assertMatch(stderr, message);
    assertEquals(code, 3, stderr);
  }
  await Deno.remove(folder);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  python.test(`grade ends all processes of a check at ${signal} (needs run, Linux, python3)`, async () => {
    const token = crypto.randomUUID();
    const command = `harmful.py leaves-child {port} ${token}`;
    await using grading = gradeKnown(command);
    const over = grading.ended().then(() => true);
    while (!await isRunning(`600. ${token}`)) {
      const isOver = await Promise.race([over, Promise.resolve(false)]);
      assert(!isOver, "it ended by itself");
    }
    grading.kill(signal);
    const { code, stdout, stderr } = await grading.ended();
    assertEquals([code, stdout], [1, ""]);
    const count = readChecks("server").length;
    assertMatch(stderr, new RegExp(`^Stopped in check \\d+ of ${count}\n$`));
    assert(!await isRunning(`600. ${token}`), "a child is left");
  });
}

pythonNet.test("grade can restart a server without SO_REUSEADDR at the same port (needs run, net, Linux, python3)", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const only = "leaving,reset,idle,missing-field,restart,banner,greeting";
  const args = ["--port", String(port), "--only", only, "--json"];
  const { stdout } = await grade(
    "--spawn",
    "python3 bad_servers.py no-reuse {port}",
    "--cwd",
    GRADED,
    ...args,
  ).ended();
  const { checks } = JSON.parse(stdout);
  const failed = checks.filter((it: Verdict) => it.state !== "passed");
  assertEquals(failed.map((it: { id: string }) => it.id), ["restart"]);
});
