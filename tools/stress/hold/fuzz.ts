/**
 * The readers under broken and hostile bytes.
 *
 * @module
 */

import { Program } from "../../processes/program.ts";
import { allOf, atMost } from "./figures.ts";
import type { Scenario } from "./scenario.ts";

/** How many messages each of the two formats gets. */
const MESSAGES = 500_000;
/** How much memory the fuzzer may take for any number of messages, in megabytes. */
const MEMORY = 512;

/** Runs the fuzzer, which ends at the first crash, hang or unexpected exception. */
export const fuzz: Scenario = {
  name: "fuzz",
  about: `${2 * MESSAGES} fuzzed messages do not crash or stall the readers, ` +
    "or fill the memory; `tools/stress/fuzz.ts --messages 10000000` feeds ten " +
    "million to each format",
  async measure(tell, stop) {
    await using program = new Program(Deno.execPath(), [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read=tests/testdata",
      "tools/stress/fuzz.ts",
      "--messages",
      `${MESSAGES}`,
    ]);
    const end = () => program.kill("SIGKILL");
    stop.addEventListener("abort", end);
    const { code, stdout, stderr } = await program.ended();
    stop.removeEventListener("abort", end);
    tell((stdout + stderr).trim());
    const read = /: (\d+) read, (\d+) incomplete, (\d+) refused, none wrong/
      .exec(stdout)?.slice(1).map(Number) ?? [];
    const fed = read.reduce((sum, count) => sum + count, 0);
    const memory = Number(/Peak memory: (\d+) MB/.exec(stdout)?.[1]);
    return [
      allOf("messages fed, none wrong", code === 0 ? fed : 0, 2 * MESSAGES),
      atMost("peak memory", memory, MEMORY, "MB"),
    ];
  },
};
