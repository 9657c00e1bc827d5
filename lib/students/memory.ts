/**
 * A roster's rows in memory.
 *
 * @module
 */

import { type Key, keyOf } from "./key.ts";
import { type Batch, bytesOf, type Identity, isSmall } from "./row.ts";
import { type Origin, type Row, rowKey } from "./row.ts";
import { NONE, RowTable } from "./row_table.ts";
import { type NewRow, Rows } from "./rows.ts";
import type { Recorded, Store, Totals } from "./store.ts";

/**
 * Keeps rows in memory. They are lost when the program ends.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@rollcall/rollcall/students";
 *
 * const store = new MemoryStore();
 * const bob = { student_name: "Bob Chen", github_username: "bchen", sid: 987654321 };
 * const origin = { clientId: 50_000, clientIp: "127.0.0.1" };
 * await store.record([{ students: [bob, bob], origin, at: Date.now() }]);
 * const [row] = await Array.fromAsync(store.readAll());
 * if (row.sid !== "987654321" || row.requests !== 2) throw new Error("another row");
 * ```
 */
export class MemoryStore implements Store {
  #rows = new Rows();
  /** The first row of each `sid`. */
  #first = new RowTable();
  /** The other rows, by {@linkcode rowKey}. */
  #others = new Map<string, number>();
  #bytes = 0;
  #largeBytes = 0;

  get totals(): Totals {
    const [sids, bytes] = [this.#first.size, this.#bytes];
    return { sids, bytes, largeBytes: this.#largeBytes };
  }

  has(students: readonly Identity[]): Promise<readonly boolean[]> {
    return Promise.resolve(students.map((student) => {
      const first = this.#first.get(keyOf(student.sid));
      return this.#rowOf(student, first) !== NONE;
    }));
  }

  /** Returns the results at once. Only a subclass returns a promise. */
  record(
    batches: readonly Batch[],
  ): readonly Recorded[] | Promise<readonly Recorded[]> {
    return batches.length === 1
      ? this.#recordBatch(batches[0])
      : batches.flatMap((batch) => this.#recordBatch(batch));
  }

  /**
   * Records a batch. All students are looked up before any is written, so that the
   * processor waits for memory once, not for each student.
   */
  #recordBatch({ students, origin, at }: Batch): Recorded[] {
    const rows = this.#rows;
    const table = this.#first;
    const keys = students.map(({ sid }) => keyOf(sid));
    const firsts = keys.map((key) => table.get(key));
    return students.map((student, i) => {
      // The first row may be new in this batch.
      const first = firsts[i] === NONE ? table.get(keys[i]) : firsts[i];
      const row = this.#rowOf(student, first);
      if (row !== NONE) {
        rows.note(row, 1, at, origin);
        return "recorded";
      }
      this.#add(newRow(student, origin, at), keys[i], first);
      return resultOf(student, first === NONE ? null : rows.nameIn(first));
    });
  }

  /** Returns the row of a student, whose `sid` has this first row. Without one, it is {@linkcode NONE}. */
  #rowOf(student: Identity, first: number): number {
    if (first === NONE || this.#rows.isOf(first, student)) return first;
    return this.#others.get(rowKey(student)) ?? NONE;
  }

  /** Adds what another store has of a row. */
  restore(row: Row): void {
    const key = keyOf(row.sid);
    const first = this.#first.get(key);
    const before = this.#rowOf(row, first);
    if (before === NONE) this.#add(row, key, first);
    else this.#rows.note(before, row.requests, row.lastSeen, row);
  }

  #add(row: NewRow, key: Key, first: number): void {
    const index = this.#rows.add(row);
    if (first === NONE) this.#first.add(key, index);
    else this.#others.set(rowKey(row), index);
    const bytes = bytesOf(row);
    this.#bytes += bytes;
    if (!isSmall(row)) this.#largeBytes += bytes;
  }

  async *readAll(): AsyncIterable<Row> {
    for (let i = 0; i < this.#rows.count; i++) yield this.#rows.read(i);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function newRow(
  { sid, student_name, github_username }: Identity,
  { clientId, clientIp }: Origin,
  at: number,
): NewRow {
  const seen = { firstSeen: at, lastSeen: at, requests: 1, clientId, clientIp };
  return { sid, student_name, github_username, ...seen };
}

/** Returns the result for a student in a new row. `before` is the name in the first row of the `sid`, or null. */
function resultOf(
  { student_name, sid }: Identity,
  before: string | null,
): Recorded {
  if (before === student_name || before === null) return "recorded";
  return student_name === null || sid === null ? "recorded" : { before };
}
