/**
 * A roster's rows in memory.
 *
 * @module
 */

import { type Key, keyOf } from "./key.ts";
import {
  type Batch,
  bytesOf,
  type Identity,
  isSmall,
  type Origin,
  type Row,
  rowKey,
  sidText,
} from "./row.ts";
import type { Recorded, Store, Totals } from "./store.ts";

/** A row that changes. Its `sid` is as it came. */
type MemoryRow =
  & Identity
  & { -readonly [key in Exclude<keyof Row, keyof Identity>]: Row[key] };

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
  readonly isImmediate: boolean = true;
  /** The first row of each `sid`. */
  #first = new Map<Key, MemoryRow>();
  /** The other rows, by {@linkcode rowKey}. */
  #others = new Map<string, MemoryRow>();
  /** All rows, in order. */
  #rows: MemoryRow[] = [];
  #bytes = 0;
  #largeBytes = 0;

  get totals(): Totals {
    const [sids, bytes] = [this.#first.size, this.#bytes];
    return { sids, bytes, largeBytes: this.#largeBytes };
  }

  has(students: readonly Identity[]): Promise<readonly boolean[]> {
    return Promise.resolve(students.map((student) => {
      const first = this.#first.get(keyOf(student.sid));
      return first !== undefined && this.#rowOf(student, first) !== undefined;
    }));
  }

  record(batches: readonly Batch[]): Promise<readonly Recorded[]> {
    const results = batches.length === 1
      ? this.#recordBatch(batches[0])
      : batches.flatMap((batch) => this.#recordBatch(batch));
    return Promise.resolve(results);
  }

  /**
   * Records a batch. All students are looked up before any is written, so that the
   * processor waits for memory once, not for each student.
   */
  #recordBatch({ students, origin, at }: Batch): Recorded[] {
    const keys = students.map(({ sid }) => keyOf(sid));
    const rows = keys.map((key) => this.#first.get(key));
    return students.map((student, i) => {
      const first = rows[i] ?? this.#first.get(keys[i]); // it may be in this batch
      const row = first && this.#rowOf(student, first);
      if (row) {
        row.lastSeen = at;
        row.requests++;
        row.clientId = origin.clientId;
        row.clientIp = origin.clientIp;
        return "recorded";
      }
      this.#add(newRow(student, origin, at), keys[i], first);
      return resultOf(student, first?.student_name);
    });
  }

  /** Returns the row of a student, whose `sid` has this first row. */
  #rowOf(student: Identity, first: MemoryRow): MemoryRow | undefined {
    const isFirst = first.student_name === student.student_name &&
      first.github_username === student.github_username;
    return isFirst ? first : this.#others.get(rowKey(student));
  }

  /** Adds what another store has of a row. */
  restore(row: Row): void {
    const key = keyOf(row.sid);
    const first = this.#first.get(key);
    const before = first && this.#rowOf(row, first);
    if (!before) return this.#add({ ...row }, key, first);
    before.lastSeen = row.lastSeen;
    before.requests += row.requests;
    before.clientId = row.clientId;
    before.clientIp = row.clientIp;
  }

  #add(row: MemoryRow, key: Key, first: MemoryRow | undefined): void {
    if (first) this.#others.set(rowKey(row), row);
    else this.#first.set(key, row);
    this.#rows.push(row);
    const bytes = bytesOf(row);
    this.#bytes += bytes;
    if (!isSmall(row)) this.#largeBytes += bytes;
  }

  async *readAll(): AsyncIterable<Row> {
    for (const row of this.#rows) yield { ...row, sid: sidText(row.sid) };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function newRow(
  { sid, student_name, github_username }: Identity,
  { clientId, clientIp }: Origin,
  at: number,
): MemoryRow {
  const seen = { firstSeen: at, lastSeen: at, requests: 1, clientId, clientIp };
  return { sid, student_name, github_username, ...seen };
}

/** Returns the result for a student in a new row. `before` is the name in the first row of the `sid`, if there is one. */
function resultOf(
  { student_name, sid }: Identity,
  before: string | null | undefined,
): Recorded {
  if (before === student_name || typeof before !== "string") return "recorded";
  return student_name === null || sid === null ? "recorded" : { before };
}
