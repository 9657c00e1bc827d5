// What a store must do, written as plainly as possible.

import { bytesOf, isSmall, type Row } from "../../lib/students/row.ts";
import type { Batch, Identity } from "../../lib/students/row.ts";
import type { Recorded, Totals } from "../../lib/students/store.ts";
import type { Sid } from "../../lib/students/student.ts";

/** A `sid` as a store keeps it. */
export function sidText(sid: Sid): string | null {
  return sid === null ? null : `${sid}`;
}

/** A store that searches all its rows, one after another. */
export class StoreModel {
  rows: Row[] = [];

  record(batches: readonly Batch[]): Recorded[] {
    return batches.flatMap((batch) =>
      batch.students.map((student) => this.#recordOne(student, batch))
    );
  }

  #recordOne(student: Identity, { origin, at }: Batch): Recorded {
    const { student_name, github_username } = student;
    const sid = sidText(student.sid);
    const { clientId, clientIp } = origin;
    const last = { lastSeen: at, clientId, clientIp };
    const known = this.rows.findIndex((row) => isRowOf(row, student));
    if (known >= 0) {
      const row = this.rows[known];
      this.rows[known] = { ...row, ...last, requests: row.requests + 1 };
      return "recorded";
    }
    const first = this.rows.find((row) => row.sid === sid);
    const texts = { sid, student_name, github_username };
    this.rows.push({ ...texts, firstSeen: at, requests: 1, ...last });
    const before = first?.student_name ?? null;
    const names = [sid, student_name, before];
    return names.includes(null) || before === student_name
      ? "recorded"
      : { before: before! };
  }

  has(student: Identity): boolean {
    return this.rows.some((row) => isRowOf(row, student));
  }

  get totals(): Totals {
    const bytes = (rows: readonly Row[]) =>
      rows.reduce((sum, row) => sum + bytesOf(row), 0);
    return {
      sids: new Set(this.rows.map(({ sid }) => sid)).size,
      bytes: bytes(this.rows),
      largeBytes: bytes(this.rows.filter((row) => !isSmall(row))),
    };
  }
}

function isRowOf(row: Row, student: Identity): boolean {
  return row.sid === sidText(student.sid) &&
    row.student_name === student.student_name &&
    row.github_username === student.github_username;
}
