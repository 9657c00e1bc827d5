/**
 * Rows as the file of a roster has them.
 *
 * @module
 */

import {
  type Batch,
  type Identity,
  isSameIdentity,
  type Row,
  sidText,
} from "./row.ts";

/** What the file has of a row, in the order of its columns. */
export type Values = [
  sid: string | null,
  name: string | null,
  account: string | null,
  firstSeen: number,
  lastSeen: number,
  requests: number,
  clientId: number,
  clientIp: string,
];

/** Returns a group for the journal, as JSON. Requests of one student in a row are one of its rows. */
export function toGroup(batches: readonly Batch[]): string {
  return JSON.stringify(batches.flatMap(valuesOfBatch));
}

function valuesOfBatch({ students, origin, at }: Batch): Values[] {
  const rows: Values[] = [];
  let before: Identity | undefined;
  for (const student of students) {
    if (before && isSameIdentity(before, student)) rows[rows.length - 1][5]++;
    else {
      const { sid, student_name, github_username } = student;
      const { clientId, clientIp } = origin;
      const identity = [sidText(sid), student_name, github_username] as const;
      rows.push([...identity, at, at, 1, clientId, clientIp]);
    }
    before = student;
  }
  return rows;
}

/** Returns the rows of a group. */
export function rowsOfGroup(group: string): Row[] {
  return (JSON.parse(group) as Values[]).map(rowOf);
}

/** Returns a row. */
export function rowOf(values: Values): Row {
  const [sid, student_name, github_username, ...others] = values;
  const [firstSeen, lastSeen, requests, clientId, clientIp] = others;
  const seen = { firstSeen, lastSeen, requests, clientId, clientIp };
  return { sid, student_name, github_username, ...seen };
}

/** Returns what the file has of a row. */
export function valuesOf(row: Row): Values {
  const { sid, student_name, github_username, firstSeen, lastSeen } = row;
  const { requests, clientId, clientIp } = row;
  const identity = [sid, student_name, github_username] as const;
  return [...identity, firstSeen, lastSeen, requests, clientId, clientIp];
}

/** Returns what two groups have of a row as one. */
export function combine(before: Row, after: Row): Row {
  const requests = before.requests + after.requests;
  return { ...after, firstSeen: before.firstSeen, requests };
}
