/**
 * The roster of students, and the stores that keep it.
 *
 * @example A roster of your own for the lab's handler
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { StudentHandler } from "@rollcall/rollcall/clienthandler";
 * import { Roster } from "@rollcall/rollcall/students";
 *
 * await using roster = new Roster();
 * const clientHandler = StudentHandler.with(roster);
 * await using server = new Server({ port: 0, clientHandler });
 * void server.run();
 * await using client = new Client({ port: server.addr.port });
 * await client.connect();
 * await client.request({ student_name: "Alice Brown", github_username: "abrown", sid: 1 });
 * for await (const { student_name, requests } of roster.readAll()) {
 *   console.log(student_name, requests); // Alice Brown 1
 * }
 * if (roster.size !== 1) throw new Error("not recorded");
 * ```
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
