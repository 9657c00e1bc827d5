/**
 * Errors of SQLite in plain words.
 *
 * @module
 */

import { StoreError } from "./store.ts";

/** What SQLite says, and what it means. See https://sqlite.org/rescode.html */
const FAILURES: readonly [RegExp, string][] = [
  [/is full/, "the disk is full"],
  [/readonly|unable to open/, "its file, or its folder, cannot be written"],
  [/disk I\/O/, "its disk has failed, or is full"],
  [/locked|busy/, "another program is changing its file"],
  [/malformed|not a database|no such/, "its file is damaged"],
];

/** Does something with a file. @throws {StoreError} If the file fails. */
export function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const said = error instanceof Error ? error.message : "";
    const known = FAILURES.find(([pattern]) => pattern.test(said));
    if (known) throw new StoreError(known[1]);
    throw error;
  }
}
