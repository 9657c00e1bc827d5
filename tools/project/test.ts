/**
 * `deno task test`: runs the tests of the project, and the examples in its docs.
 * What is given besides goes to `deno test`, such as `--filter lock`, or a file.
 *
 * @module
 */

import { exitWith } from "../../lib/cli/program.ts";
import { type StopSignals, whenAborted } from "../../lib/cli/signals.ts";

/** Files that are tested at the same time, also on two processors: tests often wait. */
const JOBS = 3;

const FLAGS = [
  "--doc",
  "--parallel",
  "--no-prompt",
  "--allow-net=127.0.0.1",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];

/** The command line. Returns the exit code of `deno test`. */
export async function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...FLAGS, ...args],
    env: { DENO_JOBS: `${JOBS}` },
  }).spawn();
  let ended = false;
  whenAborted(stop, () => {
    if (!ended) child.kill("SIGTERM");
  });
  const { code } = await child.status;
  ended = true;
  return code;
}

if (import.meta.main) await exitWith(main);
