/**
 * The lock of a roster's file.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { createFile } from "./file_check.ts";
import { StoreError } from "./store.ts";

/**
 * Keeps a second server from using a file. The roster itself cannot be locked, since
 * others may read it. So this is a second file, an empty one of SQLite. The operating
 * system releases the lock when the program ends, whatever ends it.
 */
export class FileLock implements Disposable {
  #db: DatabaseSync;

  /** Takes the lock. @throws {StoreError} If another program has it, or it is something else. */
  constructor(path: string) {
    const lock = `${path}-lock`;
    createFile(lock);
    this.#db = new DatabaseSync(lock);
    try {
      this.#db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      this.#db.close();
      const isTaken = error instanceof Error &&
        error.message.includes("locked");
      const why = isTaken ? "another server uses it" : `${lock} is no lock`;
      throw new StoreError(`Cannot open ${path}: ${why}`);
    }
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.#db.close();
  }
}
