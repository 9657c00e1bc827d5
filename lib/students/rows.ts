/**
 * Rows in memory.
 *
 * @module
 */

import type { Identity, Origin, Row } from "./row.ts";
import { sidText } from "./row.ts";
import type { Sid } from "./student.ts";

/** The numbers of a row, in this order: `firstSeen`, `lastSeen`, `requests` and `clientId`. */
const NUMBERS = 4;
/** The texts of a row, in this order: `student_name`, `github_username`, `sid` and `clientIp`. */
const TEXTS = 4;

/** A row to add. Its `sid` may be as it came. */
export type NewRow = Identity & Omit<Row, "sid">;

/**
 * Rows, numbered from 0 in the order in which they came.
 *
 * What belongs to one row lies together in two arrays. With an object for each row, the
 * processor waits longer for memory, and so does the garbage collector.
 */
export class Rows {
  #numbers = new Float64Array(NUMBERS * 1024);
  #texts: Sid[] = [];
  #count = 0;

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds a row. Returns its number. */
  add(row: NewRow): number {
    const begin = this.#count * NUMBERS;
    if (begin === this.#numbers.length) {
      const before = this.#numbers;
      this.#numbers = new Float64Array(2 * begin);
      this.#numbers.set(before);
    }
    this.#numbers[begin] = row.firstSeen;
    this.#numbers[begin + 1] = row.lastSeen;
    this.#numbers[begin + 2] = row.requests;
    this.#numbers[begin + 3] = row.clientId;
    const { student_name, github_username, sid, clientIp } = row;
    this.#texts.push(student_name, github_username, sid, clientIp);
    return this.#count++;
  }

  /** Notes further requests of a row's student. */
  note(
    index: number,
    requests: number,
    at: number,
    { clientId, clientIp }: Origin,
  ): void {
    const numbers = this.#numbers;
    const texts = this.#texts;
    const begin = index * NUMBERS;
    numbers[begin + 1] = at;
    numbers[begin + 2] += requests;
    numbers[begin + 3] = clientId;
    const ip = index * TEXTS + 3;
    if (texts[ip] !== clientIp) texts[ip] = clientIp;
  }

  /** The name in a row. */
  nameIn(index: number): string | null {
    return this.#texts[index * TEXTS] as string | null;
  }

  /** Whether a student with the `sid` of a row also has its name and account. */
  isOf(index: number, student: Identity): boolean {
    const texts = this.#texts;
    const begin = index * TEXTS;
    return texts[begin] === student.student_name &&
      texts[begin + 1] === student.github_username;
  }

  /** Returns a copy of a row. */
  read(index: number): Row {
    const [firstSeen, lastSeen, requests, clientId] = this.#numbers
      .subarray(index * NUMBERS, (index + 1) * NUMBERS);
    const [student_name, github_username, sid, clientIp] = this.#texts
      .slice(index * TEXTS, (index + 1) * TEXTS) as Texts;
    const identity = { sid: sidText(sid), student_name, github_username };
    return { ...identity, firstSeen, lastSeen, requests, clientId, clientIp };
  }
}

type Texts = [string | null, string | null, Sid, string];
