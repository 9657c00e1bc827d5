// No check is passed by a program that does nothing of what it is about.

import { assertEquals } from "@std/assert";
import { readCauses, readChecks, type Side } from "../../tools/grade/kit.ts";
import { NotStarted, Program } from "../../tools/grade/program.ts";
import { Run } from "../../tools/grade/run.ts";
import { Workplace } from "../../tools/grade/workplace.ts";
import { pythonPath } from "../../tools/processes/python.ts";
import { GRADED } from "../support/grading.ts";
import { needs } from "../support/needs.ts";

const linux = needs("Linux");
const python = needs("Linux", "python3");
/** How many checks are run at the same time. */
const AT_ONCE = 10;

/** The checks that each program rightly passes: those about what it does before it crashes. */
const PASSES: Record<Side, Record<string, string[]>> = {
  server: {
    "does-nothing": [],
    "crashes-at-once": [],
    "crashes-when-it-listens": [],
    "crashes-when-it-accepted": ["banner", "ctrl-c", "port-taken"],
    "crashes-when-it-greeted": ["banner", "greeting", "ctrl-c", "port-taken"],
  },
  client: {
    "does-nothing": [],
    "crashes-at-once": [],
    "crashes-when-connected": [],
    "crashes-when-greeted": [],
    // Without a server, its error says that the connection was refused.
    "crashes-when-it-asked": ["right-keys", "no-server"],
  },
};

for (const [side, kinds] of Object.entries(PASSES)) {
  for (const [kind, passes] of Object.entries(kinds)) {
    python.test(`A ${side} that ${kind} passes ${passes.length} checks, each run alone (needs Linux, python3)`, async () => {
      const command = [await pythonPath(), "empty.py", kind, "{port}"];
      const causes = readCauses();
      const passed: string[] = [];
      const left = readChecks(side as Side).values();
      const work = async () => {
        for (const check of left) {
          // Without the checks before it, which would block it.
          const run = new Run({ command, folder: GRADED, port: 0 }, 1, causes);
          try {
            const { state } = await run.make(check);
            if (state === "passed") passed.push(check.id);
          } catch (error) {
            if (!(error instanceof NotStarted)) throw error;
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      const order = readChecks(side as Side).map(({ id }) => id);
      passed.sort((a, b) => order.indexOf(a) - order.indexOf(b));
      assertEquals(passed, passes);
    });
  }
}

linux.test("A program that ends before the grader first looks for it is no orphan (needs Linux)", async () => {
  await using place = await Workplace.of(GRADED);
  for (let i = 0; i < 30; i++) {
    await using program = new Program(["true"], place);
    await program.changes.until(() => program.code !== undefined, 60_000);
    assertEquals(program.code, 0);
  }
});
