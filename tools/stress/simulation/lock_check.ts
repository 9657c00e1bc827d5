/**
 * Checks that a lock serves one caller at a time, first come, first served.
 *
 * @module
 */

import type { Lock } from "../../../lib/lock.ts";
import type { Fault } from "./application.ts";

/** Checks each acquisition of a lock. */
export function checkLock(lock: Lock, fault: Fault): void {
  const acquire = lock.acquire.bind(lock);
  let tickets = 0;
  let served = 0;
  let held = false;
  lock.acquire = async (options) => {
    const ticket = tickets++;
    const guard = await acquire(options);
    if (ticket !== served++) {
      fault(`the lock serves caller ${ticket} too early`);
    }
    if (held) fault("two callers hold the lock");
    held = true;
    const release = () => {
      held = false;
      guard.release();
    };
    return { release, [Symbol.dispose]: release };
  };
}
