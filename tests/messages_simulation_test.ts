// The messages example in the simulation, and faults that must not pass it: each
// file in tests/messages_faults/ is one.

import { assert, assertEquals } from "@std/assert";
import { simulate } from "../lib/testing/testing.ts";
import { ROOT } from "../tools/processes/program.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { patchFolder } from "../tools/teach/faults/patch.ts";
import { runTests } from "../tools/teach/faults/trial.ts";
import { play } from "./support/messages_play.ts";
import { needs } from "./support/needs.ts";

const SEEDS = 300;

Deno.test("No line between users of the messages is lost, doubled or out of order when users vanish and the store fails [messages-simulated]", async () => {
  for (let seed = 1; seed <= SEEDS; seed++) await simulate(seed, play);
});

const FAULTS = `${ROOT}tests/messages_faults/`;
/** What the simulation of the messages does not need. */
const LEFT_OUT =
  /^(bench|docs|examples\/exercises|tests\/(?!messages|support))/;

const files = needs("read", "write", "run");

files.test("The simulation of the messages finds a cleanup, a catch, a lock and a confirmation that is left out (needs read, write, run)", async (t) => {
  const never = new AbortController().signal;
  const names = Array.from(Deno.readDirSync(FAULTS), ({ name }) => name);
  assert(names.length >= 3);
  for (const name of names) {
    await t.step(name, async () => {
      const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
      try {
        await copyProject(folder, LEFT_OUT);
        const fault = await Deno.readTextFile(FAULTS + name);
        await patchFolder(fault.slice(fault.indexOf("--- a/")), folder);
        const { passed, failed } = await runTests(folder, never, [
          "--filter=[messages-simulated]",
          "tests/messages_simulation_test.ts",
        ]);
        assertEquals([passed.length, failed.length], [0, 1]);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
});
