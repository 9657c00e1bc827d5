// What the tests of the roster and of its stores share.

import { MemoryStore } from "../../lib/students/memory.ts";
import type { Roster } from "../../lib/students/roster.ts";
import type { Batch, Origin, Row } from "../../lib/students/row.ts";
import type { Recorded } from "../../lib/students/store.ts";
import type { Student } from "../../lib/students/student.ts";

/** Where a student of a test comes from, if that does not matter. */
export const ORIGIN: Origin = { clientId: 50_000, clientIp: "192.0.2.1" };

/** Records students at once, as a handler with the lock does. */
export async function record(
  roster: Roster,
  students: readonly Student[],
  origin: Origin = ORIGIN,
): Promise<readonly Recorded[]> {
  const entry = roster.add(students, origin);
  await roster.recordWaiting();
  return entry.results;
}

/** Resolves to all rows of a roster or a store. */
export function rowsOf(from: Pick<Roster, "readAll">): Promise<Row[]> {
  return Array.fromAsync(from.readAll());
}

/** Keeps rows in memory, but does something before it records them. */
export class HookedStore extends MemoryStore {
  #before: (batches: readonly Batch[]) => void | Promise<void>;

  constructor(before: (batches: readonly Batch[]) => void | Promise<void>) {
    super();
    this.#before = before;
  }

  override async record(batches: readonly Batch[]) {
    await this.#before(batches);
    return await super.record(batches);
  }
}
