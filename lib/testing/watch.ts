/**
 * Watches all locks and all handlers while a simulation runs.
 *
 * @module
 */

import { ConnectionSet } from "../connection/connection_set.ts";
import { Lock } from "../lock.ts";

/** Who wants a lock, in their order, and whether someone holds it. */
interface Use {
  waiting: Set<symbol>;
  isHeld: boolean;
}

type AnyConnectionSet = ConnectionSet<{ readonly clientId: number }>;

/**
 * Checks every {@linkcode Lock}: one holder at a time, first come, first served.
 * Knows the handlers of every server. It ends when it is disposed.
 */
export class Watch implements Disposable {
  #locks = new Map<Lock, Use>();
  #handlers = new Set<AnyConnectionSet>();
  #acquire = Lock.prototype.acquire;
  #add = ConnectionSet.prototype.add;

  /** Starts at once. Faults go to `fault`. */
  constructor(fault: (why: string) => void) {
    const acquire = this.#acquire;
    const uses = this.#locks;
    Lock.prototype.acquire = async function (this: Lock, options) {
      const use = uses.get(this) ?? { waiting: new Set(), isHeld: false };
      uses.set(this, use);
      const caller = Symbol("a caller");
      use.waiting.add(caller);
      const guard = await acquire.call(this, options).catch((error) => {
        use.waiting.delete(caller); // it gave up
        throw error;
      });
      const [first] = use.waiting;
      if (caller !== first) {
        fault("a lock does not serve callers in their order");
      }
      if (use.isHeld) fault("two callers hold a lock at the same time");
      use.waiting.delete(caller);
      use.isHeld = true;
      let isMine = true;
      const release = () => {
        if (isMine) use.isHeld = isMine = false;
        guard.release();
      };
      return { release, [Symbol.dispose]: release };
    };
    const add = this.#add;
    const sets = this.#handlers;
    ConnectionSet.prototype.add = function (this: AnyConnectionSet, handler) {
      sets.add(this);
      add.call(this, handler);
    };
  }

  /** How many locks are held. */
  get held(): number {
    return [...this.#locks.keys()].filter(({ locked }) => locked).length;
  }

  /** How many handlers have not ended. */
  get handlers(): number {
    let count = 0;
    for (const { size } of this.#handlers) count += size;
    return count;
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    Lock.prototype.acquire = this.#acquire;
    ConnectionSet.prototype.add = this.#add;
  }
}
