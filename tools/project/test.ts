/**
 * `deno task test`: runs the tests of the project, and the examples in its docs.
 * Further arguments, such as `--filter lock` or a file, are passed to `deno test`.
 *
 * @module
 */

import { exitWith } from "../../lib/cli/program.ts";
import { type StopSignals, whenAborted } from "../../lib/cli/signals.ts";

/**
 * How many test files run at the same time, on any number of processors: tests
 * often wait.
 */
const JOBS = 3;

const FLAGS = [
  "--doc",
  "--parallel",
  "--no-prompt",
  "--allow-net=127.0.0.1,localhost",
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
