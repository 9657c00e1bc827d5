/**
 * A roster's rows in a file.
 *
 * @module
 */

import { Database, type DatabaseOptions } from "./file_database.ts";
import { checkFile, createFile } from "./file_check.ts";
import { FileLock } from "./file_lock.ts";
import { MemoryStore } from "./memory.ts";
import type { Batch, Identity, Row } from "./row.ts";
import { type Recorded, type Store, StoreError, type Totals } from "./store.ts";

/** How long to wait until the journal is merged further, in milliseconds. */
const MERGE_AFTER = 100;
/** From so many characters of the journal on, each group that is recorded merges a part of it, so that it does not fill the disk. */
const LONGEST_JOURNAL = 64 * 1024 * 1024;
/** How long the server waits for another program that uses the file, in milliseconds. All clients wait, too. */
const BUSY_TIMEOUT = 100;

/** A disk that takes so many milliseconds for a commit is slow. */
const SLOW = 10;
/** The longest wait for more students, in milliseconds. */
const LONGEST_DELAY = 5;

/**
 * Keeps rows in a file of SQLite, and all of them in memory, too. One server can use
 * the file at a time.
 */
export class FileStore implements Store {
  #path: string;
  #lock: FileLock;
  #database: Database;
  /** The database's version when `#rows` was read. */
  #version: number;
  #rows: MemoryStore;
  /** Tells whether the files are still there. */
  #inodes: string;
  #longestJournal: number;
  /** How long the last commit took, in milliseconds. */
  #took = 0;
  #merging: ReturnType<typeof setTimeout> | undefined;

  private constructor(
    path: string,
    lock: FileLock,
    database: Database,
    longestJournal: number,
  ) {
    this.#path = path;
    this.#lock = lock;
    this.#database = database;
    this.#version = database.version;
    this.#rows = rowsOf(database);
    this.#inodes = inodesOf(path);
    this.#longestJournal = longestJournal;
    this.#mergeLater();
  }

  /** Opens the file, or creates it. @throws {StoreError} If that is not possible. */
  static open(path: string, longestJournal = LONGEST_JOURNAL): FileStore {
    const isNew = !checkFile(path, "write");
    if (isNew) createFile(path);
    const lock = new FileLock(path);
    try {
      const database = open(path, { isNew, busyTimeout: BUSY_TIMEOUT });
      return new FileStore(path, lock, database, longestJournal);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
  }

  get totals(): Totals {
    return this.#rows.totals;
  }

  get groupDelay(): number {
    return this.#took < SLOW ? 0 : Math.min(this.#took / 10, LONGEST_DELAY);
  }

  has(students: readonly Identity[]): Promise<readonly boolean[]> {
    return this.#rows.has(students.map(wellFormed));
  }

  async record(batches: readonly Batch[]): Promise<readonly Recorded[]> {
    const stored = batches.map(wellFormedBatch);
    this.#check();
    const began = performance.now();
    this.#database.append(stored);
    this.#took = performance.now() - began;
    if (this.#database.journalLength > this.#longestJournal) this.#merge();
    this.#mergeLater();
    return await this.#rows.record(stored);
  }

  readAll(): AsyncIterable<Row> {
    return this.#rows.readAll();
  }

  /** Checks whether the files are there, and whether they have what was read. */
  #check(): void {
    if (inodesOf(this.#path) !== this.#inodes) {
      throw new StoreError(
        "its file, or the one that ends in -wal, was moved or deleted",
      );
    }
    const { version } = this.#database;
    if (version === this.#version) return;
    this.#rows = rowsOf(this.#database); // `--forget` has deleted rows
    this.#version = version;
  }

  #mergeLater(): void {
    this.#merging ??= setTimeout(() => {
      this.#merging = undefined;
      if (this.#merge()) this.#mergeLater();
    }, MERGE_AFTER);
  }

  /** Merges a part of the journal. Returns whether there may be more. */
  #merge(): boolean {
    try {
      return this.#database.merge();
    } catch {
      return true; // the rows are safe in the journal
    }
  }

  close(): Promise<void> {
    clearTimeout(this.#merging);
    this.#database[Symbol.dispose]();
    this.#lock[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** How long another program than the server waits for the file, in milliseconds. */
const OWN_BUSY_TIMEOUT = 5000;

/** Reads the rows of a roster that a server may use at the same time. @throws {StoreError} If it cannot. */
export function readFile(path: string): MemoryStore {
  checkExists(path, "read");
  using database = open(path, {
    readOnly: true,
    busyTimeout: OWN_BUSY_TIMEOUT,
  });
  return rowsOf(database);
}

/** Deletes all rows of a `sid`, also while a server uses the roster. Returns how many there were. @throws {StoreError} If it cannot. */
export function forgetInFile(path: string, sid: string | null): number {
  checkExists(path, "write");
  using database = open(path, { busyTimeout: OWN_BUSY_TIMEOUT });
  return database.forget(sid);
}

/** Opens the database. @throws {StoreError} If it cannot. The message names the file. */
function open(path: string, options: DatabaseOptions): Database {
  try {
    return Database.open(path, options);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StoreError(`Cannot open ${path}: ${error.message}`);
  }
}

function checkExists(path: string, access: "read" | "write"): void {
  if (checkFile(path, access)) return;
  throw new StoreError(`Cannot open ${path}: there is no roster`);
}

/** Returns the batch as SQLite can store it, which stores UTF-8. */
function wellFormedBatch(batch: Batch): Batch {
  const { students } = batch;
  if (students.every((it) => wellFormed(it) === it)) return batch;
  return { ...batch, students: students.map(wellFormed) };
}

function wellFormed<T extends Identity>(student: T): T {
  const { sid, student_name, github_username } = student;
  const texts = [sid, student_name, github_username];
  if (texts.every((it) => typeof it !== "string" || it.isWellFormed())) {
    return student;
  }
  return {
    ...student,
    sid: typeof sid === "string" ? sid.toWellFormed() : sid,
    student_name: student_name?.toWellFormed() ?? null,
    github_username: github_username?.toWellFormed() ?? null,
  };
}

function rowsOf(database: Database): MemoryStore {
  const rows = new MemoryStore();
  for (const row of database.readAll()) rows.restore(row);
  return rows;
}

/** Returns the numbers of a roster's file, and of its WAL, where rows are written first. */
function inodesOf(path: string): string {
  return `${inodeOf(path)} ${inodeOf(`${path}-wal`)}`;
}

/** Returns the number of a file, or `null` if there is none. */
function inodeOf(path: string): number | null {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return null;
  }
}
