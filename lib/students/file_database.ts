/**
 * A file of SQLite with the rows of a roster.
 *
 * Recording appends one row with a whole group of students to the table `journal`.
 * Later, a little at a time, the journal is merged into the table `students`, which
 * has one row for each row of the roster. This takes the disk and the processor much
 * less, while clients wait, than to change `students` at once: see
 * docs/performance.md.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { APPLICATION_ID, SCHEMA_VERSION } from "./file_check.ts";
import { attempt } from "./file_errors.ts";
import { combine, rowOf, rowsOfGroup, toGroup, valuesOf } from "./file_rows.ts";
import {
  CLEAR_UNUSED_PAGES,
  COLUMNS,
  CREATE_TABLES,
  REWRITE_TABLES,
} from "./file_schema.ts";
import { type Batch, type Row, rowKey } from "./row.ts";
import { StoreError } from "./store.ts";

/** Makes an empty file a roster. */
const SCHEMA = `
  BEGIN;
  ${CREATE_TABLES}
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
  COMMIT;
`;

const MERGE = `
  INSERT INTO students (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (
    ifnull(sid, x''), ifnull(student_name, x''), ifnull(github_username, x'')
  ) DO UPDATE SET
    last_seen = excluded.last_seen,
    requests = requests + excluded.requests,
    client_id = excluded.client_id,
    client_ip = excluded.client_ip
`;

/** The most rows that one step merges, the most groups, and the most characters of these, unless a single group has more: so that a step is short. */
const STEP = { rows: 250, groups: 1000, characters: 262_144 };

/** After so many pages, a commit copies the WAL into the file. SQLite's default, 1000, takes up to 30 ms for long names. */
const CHECKPOINT = 250;

/** To how many bytes the WAL is cut after it was longer, because another program read the file meanwhile. */
const LONGEST_WAL = 4_194_304;

/** How to open a file. */
export interface DatabaseOptions {
  /** Whether the file is empty. @default {false} */
  readonly isNew?: boolean;
  /** Whether it is only read. @default {false} */
  readonly readOnly?: boolean;
  /**
   * How long a method waits for another program that uses the file, in milliseconds.
   * The whole program waits with it.
   *
   * @default {0}
   */
  readonly busyTimeout?: number;
}

/** A group in the journal. Its rows are JSON. */
interface Group {
  id: number;
  rows: string;
}

/** A file with the rows of a roster. Each method throws a {@linkcode StoreError} if the file fails. */
export class Database implements Disposable {
  #db: DatabaseSync;
  #append: StatementSync;
  #next: StatementSync;
  #version: StatementSync;
  #journalLength = 0;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.#append = db.prepare("INSERT INTO journal (rows) VALUES (?)");
    this.#next = db.prepare(
      "SELECT id, rows FROM journal WHERE id > ? ORDER BY id LIMIT 1",
    );
    this.#version = db.prepare("PRAGMA data_version");
  }

  /** Opens a file. */
  static open(
    path: string,
    { isNew = false, readOnly = false, busyTimeout = 0 }: DatabaseOptions,
  ): Database {
    return attempt(() => {
      const db = new DatabaseSync(path, { readOnly });
      try {
        db.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
        // Before WAL is on, so that the file itself gets the header.
        if (isNew) db.exec(SCHEMA);
        if (!readOnly) {
          db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
          db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT}`);
          db.exec(`PRAGMA journal_size_limit = ${LONGEST_WAL}`);
        }
        const { quick_check } = db.prepare("PRAGMA quick_check(1)").get()!;
        if (quick_check !== "ok") throw new Error("malformed");
        return new Database(db);
      } catch (error) {
        db.close();
        throw error;
      }
    });
  }

  /** A number that changes when another program changes the file. */
  get version(): number {
    return attempt(() => Number(this.#version.get()!.data_version));
  }

  /** The characters in the journal, as far as this program has read and written it. */
  get journalLength(): number {
    return this.#journalLength;
  }

  /** Records a group. It is on the disk when this returns. */
  append(batches: readonly Batch[]): void {
    const rows = toGroup(batches);
    attempt(() => this.#append.run(rows));
    this.#journalLength += rows.length;
  }

  /** Reads all rows in order. The journal's may be further requests of a row before. */
  readAll(): Row[] {
    return attempt(() => {
      this.#db.exec("BEGIN"); // so that both tables are of one moment
      try {
        // As JSON, since a text that is read by itself would end at a NUL.
        const students = this.#db.prepare(
          `SELECT json_array(${COLUMNS}) AS row FROM students ORDER BY id`,
        ).all().map(({ row }) => rowOf(JSON.parse(String(row))));
        const groups = [...this.#groups()];
        this.#journalLength = groups.reduce(
          (n, { rows }) => n + rows.length,
          0,
        );
        return [
          ...students,
          ...groups.flatMap(({ rows }) => rowsOfGroup(rows)),
        ];
      } finally {
        this.#db.exec("COMMIT");
      }
    });
  }

  *#groups(): Generator<Group> {
    let id = 0;
    for (;;) {
      const group = this.#next.get(id) as Group | undefined;
      if (!group) return;
      yield group;
      id = group.id;
    }
  }

  /**
   * Merges the oldest groups of the journal into `students`. Returns whether there
   * were any. These rows are safe already, so it does not wait for the disk.
   */
  merge(): boolean {
    return attempt(() => {
      this.#db.exec("PRAGMA synchronous = NORMAL");
      try {
        const merged = this.#transaction(() => this.#mergeStep());
        this.#journalLength -= merged;
        return merged > 0;
      } finally {
        this.#db.exec("PRAGMA synchronous = FULL");
      }
    });
  }

  /** In a transaction, so that no other program merges the same groups. Returns how many characters it merged. */
  #mergeStep(): number {
    const rows = new Map<string, Row>();
    let last = 0;
    let groups = 0;
    let characters = 0;
    for (const group of this.#groups()) {
      for (const row of rowsOfGroup(group.rows)) {
        const key = rowKey(row);
        const before = rows.get(key);
        rows.set(key, before ? combine(before, row) : row);
      }
      last = group.id;
      characters += group.rows.length;
      if (
        ++groups === STEP.groups || rows.size >= STEP.rows ||
        characters >= STEP.characters
      ) break;
    }
    if (groups === 0) return 0;
    const merge = this.#db.prepare(MERGE);
    for (const row of rows.values()) merge.run(...valuesOf(row));
    this.#db.prepare("DELETE FROM journal WHERE id <= ?").run(last);
    return characters;
  }

  /**
   * Deletes all rows of a `sid`, also where the file has copies of them. Returns how many
   * there were.
   *
   * @throws {StoreError} If it cannot, or if another program keeps the copies.
   */
  forget(sid: string | null): number {
    return attempt(() => {
      this.#db.exec("PRAGMA secure_delete = ON");
      // One transaction, so that a server that uses the file reads it again once.
      const count = this.#transaction(() => {
        while (this.#mergeStep() > 0);
        const { changes } = this.#db
          .prepare("DELETE FROM students WHERE sid IS ?").run(sid);
        this.#db.exec(REWRITE_TABLES);
        this.#db.exec(CLEAR_UNUSED_PAGES);
        return Number(changes);
      });
      const { busy } = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)")
        .get()!;
      if (busy === 0) return count;
      throw new StoreError(
        "The rows are deleted, but another program reads the file: until the server " +
          "ends, copies of them are in the file that ends in -wal",
      );
    });
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite may have done it already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#db.close();
  }
}
