/**
 * Decides which failed tests are the fault of a copy, and not of a busy machine.
 *
 * @module
 */

import type { Results } from "./trial.ts";

/** Runs the tests with these names, one at a time. */
export type RunAlone = (names: readonly string[]) => Promise<Results>;

/** The tests that a copy makes fail, with their errors, and whether the last run finished. */
export type Faults = Pick<Results, "failed" | "errors" | "ended">;

/**
 * Returns those of `failed` that the copy makes fail. Many tests at once can make
 * a machine so slow that some of them fail. So each failed test runs again, with no
 * other beside it. If it fails again, it also runs in the original, which is not at
 * fault. A test counts only if it passes there, and then fails in the copy a third
 * time.
 */
export async function faultsOfCopy(
  failed: readonly string[],
  copy: RunAlone,
  original: RunAlone,
): Promise<Faults> {
  const again = await failing(copy, failed);
  if (!again.ended || again.failed.length === 0) return again;
  const { failed: there } = await failing(original, again.failed);
  return await failing(copy, again.failed.filter((it) => !there.includes(it)));
}

/** Runs tests. One that does not pass has failed: a change can prevent it from running. */
async function failing(
  run: RunAlone,
  names: readonly string[],
): Promise<Faults> {
  if (names.length === 0) return { failed: [], errors: new Map(), ended: true };
  const { passed, errors, ended } = await run(names);
  const failed = names.filter((name) => !passed.includes(name));
  return { failed, errors, ended };
}
