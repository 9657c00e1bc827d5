// What a student reads: the order of the report, and what it leaves out.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readCauses, readChecks } from "../tools/grade/kit.ts";
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
  for (const id of titles) assert(text.includes(`observed   nothing in ${id}`));
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
      "lab: 48 of 63 points, not passed   pro: 29 of 34 points, not passed",
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
      "lab: 63 of 63 points, passed   pro: 29 of 34 points, not passed",
      "Mend first: runs-code",
    ],
  );
  assertEquals(
    ending({}).at(-1),
    "lab: 63 of 63 points, passed   pro: 34 of 34 points, passed",
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
