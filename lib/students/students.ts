/**
 * The roster of students, and the stores that keep it.
 *
 * @module
 */

export { Entry, type OnResults, type Part } from "./entry.ts";
export { MemoryStore } from "./memory.ts";
export type { NewStudentLimits, RosterLimits } from "./limits.ts";
export { Roster } from "./roster.ts";
export type { Batch, Identity, Origin, Row } from "./row.ts";
export { type Recorded, type Store, StoreError, type Totals } from "./store.ts";
export type { Sid, Student } from "./student.ts";
