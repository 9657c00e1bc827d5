/**
 * Where a roster keeps its rows.
 *
 * @module
 */

import type { MessageMap } from "../formats/format.ts";
import type { Batch, Row } from "./row.ts";
import { ACKNOWLEDGED, type Student } from "./student.ts";

/**
 * The result for one student: recorded, or refused with a reason for the client. A
 * student whose `sid` came with another name before is recorded, too.
 */
export type Recorded =
  | "recorded"
  | { readonly before: string }
  | { readonly refused: string };

/** Whether a student was recorded. */
export function isRecorded(result: Recorded): boolean {
  return result === "recorded" || "before" in result;
}

/** Returns the response to a student who was recorded, or refused. */
export function responseTo(result: Recorded): number | MessageMap {
  return result !== "recorded" && "refused" in result
    ? { error: result.refused }
    : ACKNOWLEDGED;
}

/** What a store holds. */
export interface Totals {
  /** How many different `sid` it holds. */
  readonly sids: number;
  /** The estimated bytes of all rows, as `bytesOf` estimates them. */
  readonly bytes: number;
  /** Those of the rows with long texts. */
  readonly largeBytes: number;
}

/**
 * Keeps the rows of a roster. What it recorded is still there tomorrow, unless the
 * store says otherwise.
 *
 * A store may read, await, and write back: its caller waits for one call of `record`
 * before it makes the next. But several programs may use one database at the same
 * time, and no lock of a program reaches the others. Such a store must leave it to
 * the database to change a row in one step.
 */
export interface Store {
  /** What it held at the last call. Other servers may have changed that since. */
  readonly totals: Totals;
  /**
   * How long a group waits for more students, in milliseconds. With 0, only those join it
   * whose requests have been read. A store that blocks the event loop asks for a longer
   * wait: requests that arrived meanwhile must be read first. A store without this property
   * records at once, and nobody waits.
   */
  readonly groupDelay?: number;
  /** Resolves to whether it has the row of each student. */
  has(students: readonly Student[]): Promise<readonly boolean[]>;
  /**
   * Records all students of some batches, in order. Returns one result for each
   * student, or a promise for them. A result means that nothing can undo the record.
   *
   * An error means that it has recorded none of them. After an error that is no
   * {@linkcode StoreError}, each batch is tried again alone.
   *
   * @throws {StoreError} If it can record none of them now. Its promise may reject instead.
   */
  record(
    batches: readonly Batch[],
  ): readonly Recorded[] | Promise<readonly Recorded[]>;
  /** Reads all rows, in the order in which their first requests were recorded. */
  readAll(): AsyncIterable<Row>;
  /** Closes it. What was recorded stays. */
  close(): Promise<void>;
}

/**
 * A store cannot do what it should, but may be able to do so later. The client
 * receives the message, and the server's operator also that of the cause.
 *
 * @example
 * ```ts
 * import { MemoryStore, Roster, StoreError } from "@rollcall/rollcall/students";
 *
 * class FullStore extends MemoryStore {
 *   override record(): Promise<never> {
 *     return Promise.reject(new StoreError("The disk is full"));
 *   }
 * }
 * await using roster = new Roster(new FullStore());
 * const bob = { student_name: "Bob Chen", github_username: "bchen", sid: 987654321 };
 * const entry = roster.add([bob], { clientId: 50_000, clientIp: "127.0.0.1" });
 * await roster.recordWaiting();
 * console.log(entry.results[0]); // { refused: "The roster cannot record you now: ..." }
 * if (roster.failure !== "The disk is full") throw new Error("another failure");
 * ```
 */
export class StoreError extends Error {
  /** The class's name, as in `error.name`. */
  override name = "StoreError";
}
