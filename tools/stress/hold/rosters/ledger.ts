/**
 * What a roster must hold, from the clients' point of view.
 *
 * @module
 */

import type { Row } from "../../../../lib/students/row.ts";
import { rowKey } from "../../../../lib/students/row.ts";
import type { Student } from "../../../../lib/students/student.ts";
import { connectedLine } from "../../../../lib/students/student.ts";

/** The requests of one row. */
interface Account {
  sent: number;
  acknowledged: number;
  printed: number;
}

/** How many requests of each row must be stored. */
export type Promised = ReadonlyMap<string, number>;

/** The differences between what was promised and the rows. All must be 0. */
export interface Differences {
  /** Rows with promised requests that are not there. */
  lostRows: number;
  /** Promised requests that the other rows do not count. */
  lostRequests: number;
  /** Rows, or printed lines, that no client sent. */
  foreign: number;
  /** Rows with a client or a time that cannot be. */
  broken: number;
  /** Requests that the rows count, but no client sent. */
  unsent: number;
}

/** No differences. */
export function noDifferences(): Differences {
  return { lostRows: 0, lostRequests: 0, foreign: 0, broken: 0, unsent: 0 };
}

/** Notes what clients send, and what the server acknowledges and prints. */
export class Ledger {
  /** How many requests were acknowledged. */
  acknowledged = 0;
  #accounts = new Map<string, Account>();
  #lines = new Map<string, Account>();
  #foreignLines = 0;
  #clientIds = new Set<number>();
  #began = Date.now();

  /** How many different rows were sent. */
  get rows(): number {
    return this.#accounts.size;
  }

  /** Notes the id of a client, before it sends anything. */
  connect(clientId: number): void {
    this.#clientIds.add(clientId);
  }

  /** Notes that a client is about to send a student. */
  send(student: Student): void {
    const key = rowKey(student);
    let account = this.#accounts.get(key);
    if (!account) {
      account = { sent: 0, acknowledged: 0, printed: 0 };
      this.#accounts.set(key, account);
      this.#lines.set(connectedLine(student), account);
    }
    account.sent++;
  }

  /** Notes that a student was acknowledged. */
  acknowledge(student: Student): void {
    this.#accounts.get(rowKey(student))!.acknowledged++;
    this.acknowledged++;
  }

  /** Notes what a server printed. A line that was cut off at its end does not count. */
  print(stdout: string): void {
    for (const line of stdout.split("\n").slice(0, -1)) {
      if (!line.startsWith("Connected: ")) continue;
      const account = this.#lines.get(line);
      if (account) account.printed++;
      else this.#foreignLines++;
    }
  }

  /** What must be stored from now on. */
  promised(): Promised {
    const promised = new Map<string, number>();
    for (const [key, { acknowledged, printed }] of this.#accounts) {
      const count = Math.max(acknowledged, printed);
      if (count > 0) promised.set(key, count);
    }
    return promised;
  }

  /** Compares the rows with what was promised before they were read. */
  compare(promised: Promised, rows: readonly Row[]): Differences {
    const found = { ...noDifferences(), foreign: this.#foreignLines };
    const missing = new Map(promised);
    for (const row of rows) {
      const key = rowKey(row);
      const account = this.#accounts.get(key);
      if (!account) found.foreign++;
      else {
        found.unsent += Math.max(row.requests - account.sent, 0);
        const fewer = (missing.get(key) ?? 0) - row.requests;
        found.lostRequests += Math.max(fewer, 0);
      }
      missing.delete(key);
      if (!this.#isPossible(row)) found.broken++;
    }
    found.lostRows = missing.size;
    return found;
  }

  #isPossible(row: Row): boolean {
    return row.requests > 0 && this.#clientIds.has(row.clientId) &&
      row.clientIp === "127.0.0.1" && this.#began <= row.firstSeen &&
      row.firstSeen <= row.lastSeen && row.lastSeen <= Date.now();
  }
}
