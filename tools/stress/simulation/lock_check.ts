/**
 * Watching a lock: is it first come, first served, and one at a time?
 *
 * @module
 */

import type { Lock } from "../../../lib/lock.ts";
import type { Fault } from "./application.ts";

/** Checks each turn at the lock. */
export function checkLock(lock: Lock, fault: Fault): void {
  const acquire = lock.acquire.bind(lock);
  let tickets = 0;
  let served = 0;
  let held = false;
  lock.acquire = async (options) => {
    const ticket = tickets++;
    const guard = await acquire(options);
    if (ticket !== served++) {
      fault(`the lock serves number ${ticket} too early`);
    }
    if (held) fault("two hold the lock");
    held = true;
    const release = () => {
      held = false;
      guard.release();
    };
    return { release, [Symbol.dispose]: release };
  };
}
