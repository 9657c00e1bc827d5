// What a student reads: the order of the report, and what it leaves out.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Level, readCauses, readChecks } from "../tools/grade/kit.ts";
import lab from "../docs/lab.md" with { type: "text" };
import protocol from "../docs/protocol.md" with { type: "text" };
import { report } from "../tools/grade/report.ts";
import type { Verdict } from "../tools/grade/run.ts";

/** Returns the verdicts of a server that fails some checks, each by a cause. */
function verdictsOf(failed: Record<string, string>): Verdict[] {
  return readChecks("server").map((check): Verdict => {
    const cause = failed[check.id];
    if (!cause) return { check, state: "passed", seconds: 1 };
    const { says: likely, see } = readCauses().get(cause)!;
    const diagnosis = {
      ...{ wrong: "other", cause, likely, see, due: "an answer" } as const,
      ...{ sent: [`to ${check.id}`], got: `nothing in ${check.id}` },
      ...{
        complaint: `ValueError in ${cause}`,
        complaintOn: "stderr",
      } as const,
    };
    return { check, state: "failed", seconds: 1, diagnosis };
  });
}

function reportOf(failed: Record<string, string>, width = 100): string {
  const options = { width, isColoured: false, seed: 5 };
  return report(verdictsOf(failed), options).join("\n");
}

/** Returns the points of a level, of all checks or of some. */
function pointsOf(level: Level, ids?: string[]): number {
  return readChecks("server")
    .filter((check) =>
      check.level === level && (!ids || ids.includes(check.id))
    )
    .reduce((points, { weight }) => points + weight, 0);
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

Deno.test("report() shows checks with the same cause together, and says the cause once", () => {
  const text = reportOf({
    "greeting": "greeting-form",
    "one-segment": "one-recv",
    "every-cut": "one-recv",
    "long-request": "recv-size",
    "unfinished": "one-recv",
  }, 200);
  const { says, see } = readCauses().get("one-recv")!;
  assertEquals(count(text, says), 1);
  assertEquals(count(text, see.join("; ")), 2); // of recv-size, too
  assertEquals(count(text, "ValueError in one-recv"), 1);
  const titles = [...text.matchAll(/^(?:FAIL| +also failed) +([a-z-]+):/gm)]
    .map(([, id]) => id);
  assertEquals(titles, [
    ...["greeting", "one-segment", "every-cut", "unfinished", "long-request"],
  ]);
  for (const id of titles) {
    assert(text.includes(`sent   to ${id}\n`), id);
    assert(text.includes(`observed   nothing in ${id}\n`), id);
  }
});

Deno.test("report() shows an error of a further check if it is another one", () => {
  const verdicts = verdictsOf({ "dots": "one-recv", "every-cut": "one-recv" });
  verdicts.at(-5)!.diagnosis!.complaint = "KeyError";
  assertEquals(verdicts.at(-5)!.check.id, "dots");
  const options = { width: 100, isColoured: false, seed: 5 };
  const text = report(verdicts, options).join("\n");
  assertMatch(text, /also failed {3}dots: [^]*its stderr {3}KeyError\n/);
});

Deno.test("report() ends with the points, and with what to mend first", () => {
  const [lab, pro] = [pointsOf("lab"), pointsOf("pro")];
  const failed = ["banner", "greeting", "acknowledge", "reset", "idle"];
  const without = pro - pointsOf("pro", ["runs-code"]);
  const ending = (failed: Record<string, string>) =>
    reportOf(failed).split("\n").slice(-3);
  assertEquals(
    ending({
      "banner": "banner",
      "greeting": "banner",
      "acknowledge": "ack-form",
      "reset": "reset-ends",
      "idle": "spins",
      "runs-code": "runs-pickles",
    }),
    [
      "Repeat these values with --seed 5",
      `lab: ${lab - pointsOf("lab", failed)} of ${lab} points, not passed   ` +
      `pro: ${without} of ${pro} points, not passed`,
      "Mend first: banner, acknowledge, reset",
    ],
  );
  // What the lab asks for comes first.
  assertEquals(
    ending({ "idle": "spins", "runs-code": "runs-pickles" }).at(-1),
    "Mend first: idle",
  );
  assertEquals(
    ending({ "runs-code": "runs-pickles" }).slice(1),
    [
      `lab: ${lab} of ${lab} points, passed   ` +
      `pro: ${without} of ${pro} points, not passed`,
      "Mend first: runs-code",
    ],
  );
  assertEquals(
    ending({}).at(-1),
    `lab: ${lab} of ${lab} points, passed   ` +
      `pro: ${pro} of ${pro} points, passed`,
  );
});

Deno.test("report() keeps to its width, and indents what does not fit", () => {
  const failed = Object.fromEntries(
    readChecks("server").map(({ id }) => [id, "one-recv"]),
  );
  const lines = reportOf(failed, 80).split("\n");
  for (const line of lines) assert(line.length <= 80, line);
  assertMatch(
    lines.join("\n"),
    /^FAIL {2}0\/5 {2}lab {2}whole-lines {7}Prints .*\n {34}[a-z]/m,
  );
});

const PAGES: Record<string, string> = {
  "docs/lab.md": lab,
  "docs/protocol.md": protocol,
};

/** Returns what stands below a heading that a report names. */
function sectionOf(place: string): string {
  const [page, title] = place.split(": ");
  const [, ...sections] = `\n${PAGES[page]}`.split(/\n## (?:\d+\. )?/);
  return sections.find((text) => text.startsWith(`${title}\n`)) ?? "";
}

/** A text that the mend of each cause contains, so the sections that its report names must show it. */
const MENDS: Record<string, string> = {
  "nothing": "except Exception as error:",
  "end": "except Exception as error:",
  "exited": "except Exception as error:",
  "refused": "self.serversocket.bind(",
  "broken": "pickle.dumps(message)",
  "other": "the integer 1, or a map with `error`",
  "missing": "sys.stdout.flush()",
  "unsaid": "sys.stdout.flush()",
  "torn": "with self.server.write_lock:",
  "order": "self.process_request(request)",
  "there": "the integer 1, or a map with `error`",
  "output": "except EOFError:",
  "memory": "if len(self.received) > self.MAX_BYTES:",
  "files": "request = self.receive()",
  "processes": "thread = threading.Thread(",
  "runs": "write `except Exception:`",
  "busy": "except EOFError:",
  "open": "self.handler.close()",
  "time": "request = self.receive()",
  "banner": '"Listening at 127.0.0.1/%d"',
  "listens-not": "self.serversocket.listen(",
  "greeting-silent": 'self.send({"clientid": self.client_id})',
  "greeting-form": "`addr[1]`",
  "ack-silent": "self.send(1)",
  "ack-form": "self.send(1)",
  "request-ends": "raises `KeyError`",
  "line-form": '"Connected: Student: %s, Github Username: %s, sid: %s"',
  "no-lines": '"Connected: Student: %s, Github Username: %s, sid: %s"',
  "one-request": "while True:",
  "one-client": "thread = threading.Thread(",
  "few-handlers": "thread = threading.Thread(",
  "no-lock": "self.write_lock.acquire()",
  "leaving-ends": "except EOFError:",
  "reset-ends": "except ConnectionResetError:",
  "bytes-end": "except Exception as error:",
  "field-ends": "if field not in request:",
  "lock-kept": "with self.server.write_lock:",
  "none-refused": "type(None)",
  "none-computed": "An f-string,",
  "room-kept": "finally:",
  "not-closed": "self.handler.close()",
  "spins": "except EOFError:",
  "ctrl-c": "write `except Exception:`",
  "threads-stay": "daemon=True",
  "port-held": "sys.exit(",
  "bind-caught": "sys.exit(",
  "port-silent": "sys.exit(",
  "no-reuse": "SO_REUSEADDR, 1)",
  "one-recv": "DataUnpickler(self.stream).load()",
  "reordered": "self.process_request(request)",
  "waits-for-rest": "thread = threading.Thread(",
  "recv-size": "DataUnpickler(self.stream).load()",
  "split-at-dot": "DataUnpickler(self.stream).load()",
  "acks-first": "self.acknowledge()",
  "fields-unchecked": "if field not in request:",
  "no-refusal": 'self.send({"error": problem})',
  "refuses-right": '"github_username": (str, type(None))',
  "client-state": "self.handler = clientsocket",
  "connected-silent": "has successfully connected to",
  "takes-greeting": "self.greeted(self.receive())",
  "half-close": "must be sent before the socket is closed",
  "lock-while-sending": "Hold the lock only to print.",
  "runs-pickles": "def find_class(self, module, name):",
  "connects-not": "self.clientsocket.connect(",
  "connected-line": '"%s has successfully connected to 127.0.0.1/%d"',
  "asks-not": "self.send(self.request())",
  "wrong-keys": '"github_username": "abrown"',
  "passed-not": "answer == 1:",
  "passed-line": '"Data acknowledged by server and you passed the test"',
  "passed-early": "self.answered(self.receive_answer())",
  "gives-up": "without a timeout",
  "passed-anyway": "answer == 1:",
  "leaves": "self.stay()",
  "client-spins": "while self.answers.read(1):",
  "tries-for-ever": "def cannot_connect(self, error):",
  "silent-failure": "def cannot_connect(self, error):",
  "never-ends": "raise EOFError",
  "client-one-recv": "DataUnpickler(self.stream).load()",
  "client-glued": "DataUnpickler(self.stream).load()",
  "reason-hidden": "def refused(self, answer):",
  "waits-for-input": "from `sys.argv`",
  "sends-again": "without a second request",
  "ends-by-itself": "except (OSError, pickle.UnpicklingError) as error:",
};

Deno.test("The pages that a cause names show how to mend it", () => {
  const causes = readCauses();
  assertEquals(Object.keys(MENDS).sort(), [...causes.keys()].sort());
  for (const [cause, mend] of Object.entries(MENDS)) {
    const text = causes.get(cause)!.see.map(sectionOf).join("\n");
    assert(text.includes(mend), `${cause}: its pages do not show ${mend}`);
  }
});
