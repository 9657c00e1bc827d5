/**
 * All open connections of a server.
 *
 * @module
 */

import { ClientMap } from "./client_map.ts";

/** A set of open connections, or of their handlers. Callers can wait until members end. */
export class ConnectionSet<T extends { readonly clientId: number }>
  implements Iterable<T> {
  #members = new ClientMap<T>();
  #waiting = new Set<() => void>();

  /** Adds a member. */
  add(member: T): void {
    this.#members.set(member.clientId, member);
  }

  /** Removes a member that has ended. */
  delete(member: T): void {
    this.#members.delete(member.clientId);
    this.wake();
  }

  /** Whether a member has this id. */
  has(clientId: number): boolean {
    return this.#members.has(clientId);
  }

  /** The number of members. */
  get size(): number {
    return this.#members.size;
  }

  /** Iterates over all members. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }

  /** Calls a function for each member. An error goes to `onError` and does not stop the calls. */
  each(call: (member: T) => void, onError: (error: unknown) => void): void {
    for (const member of this) {
      try {
        call(member);
      } catch (error) {
        onError(error);
      }
    }
  }

  /** Ends every {@linkcode waitForOne} at once. */
  wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Waits until a member ends, but at most `ms` milliseconds. */
  waitForOne(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }

  /** Waits until all members have ended, but at most `ms` milliseconds. */
  async waitUntilEmpty(ms: number): Promise<void> {
    const end = performance.now() + ms;
    let left = ms;
    while (this.#members.size > 0 && left > 0) {
      await this.waitForOne(left);
      left = end - performance.now();
    }
  }
}
