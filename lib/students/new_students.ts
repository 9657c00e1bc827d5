/**
 * How many new students come from one client.
 *
 * @module
 */

import type { NewStudentLimits } from "./limits.ts";
import type { Origin } from "./row.ts";

/** A minute, in milliseconds. */
const PERIOD = 60_000;

/** Counts the new students of the current minute. */
export class NewStudents {
  #limits: NewStudentLimits;
  /** A connection that has ended is not kept. */
  #perConnection = new WeakMap<Origin, number>();
  #perAddress = new Map<string, number>();
  #began = -Infinity;
  /** The origins of those counted who may not be recorded. */
  #uncertain: Origin[] = [];

  /** Counts within these limits. */
  constructor(limits: NewStudentLimits) {
    this.#limits = limits;
  }

  /** Whether there are any limits. */
  get isLimited(): boolean {
    const { maxNewPerConnection, maxNewPerAddress } = this.#limits;
    return maxNewPerConnection > 0 || maxNewPerAddress > 0;
  }

  /** Counts a new student. Returns the limit that forbids it, if any. */
  count(origin: Origin): keyof NewStudentLimits | undefined {
    if (!this.isLimited) return;
    const now = performance.now();
    if (now - this.#began >= PERIOD) {
      this.#perConnection = new WeakMap();
      this.#perAddress.clear();
      this.#uncertain = [];
      this.#began = now;
    }
    const { maxNewPerConnection, maxNewPerAddress } = this.#limits;
    const onConnection = 1 + (this.#perConnection.get(origin) ?? 0);
    const fromAddress = 1 + (this.#perAddress.get(origin.clientIp) ?? 0);
    if (maxNewPerConnection > 0 && onConnection > maxNewPerConnection) {
      return "maxNewPerConnection";
    }
    if (maxNewPerAddress > 0 && fromAddress > maxNewPerAddress) {
      return "maxNewPerAddress";
    }
    this.#perConnection.set(origin, onConnection);
    this.#perAddress.set(origin.clientIp, fromAddress);
    this.#uncertain.push(origin);
  }

  /** Keeps the counts since the last call: these students were recorded. */
  keep(): void {
    if (this.#uncertain.length > 0) this.#uncertain = [];
  }

  /** Undoes the counts since the last call: these students were not recorded. */
  takeBack(): void {
    for (const origin of this.#uncertain) {
      const { clientIp } = origin;
      this.#perConnection.set(origin, this.#perConnection.get(origin)! - 1);
      this.#perAddress.set(clientIp, this.#perAddress.get(clientIp)! - 1);
    }
    this.#uncertain = [];
  }
}
