/**
 * The lock that protects what handlers share.
 *
 * @module
 */

/**
 * Proof of holding the lock.
 *
 * @example Releasing the lock without `using`
 * ```ts
 * import { Lock } from "@rollcall/rollcall/lock";
 *
 * const lock = new Lock();
 * const guard = await lock.acquire();
 * try {
 *   await Promise.resolve(); // what needs the lock
 * } finally {
 *   guard.release();
 * }
 * if (lock.locked) throw new Error("the lock is still held");
 * ```
 */
export interface Guard extends Disposable {
  /** Releases the lock to the next in the queue. A second call does nothing. */
  release(): void;
}

/**
 * A promise-queue lock: one holder at a time, strictly first come, first served.
 *
 * It is not re-entrant: a holder that acquires the lock again waits for itself
 * forever.
 *
 * @example Guarding a read and a write with an `await` between them
 * ```ts
 * import { Lock } from "@rollcall/rollcall/lock";
 *
 * const lock = new Lock();
 * let balance = 0;
 * async function deposit(amount: number) {
 *   using _guard = await lock.acquire();
 *   const before = balance;
 *   await Promise.resolve(); // a database would answer here
 *   balance = before + amount;
 * }
 * await Promise.all([deposit(1), deposit(2)]);
 * if (balance !== 3) throw new Error("a deposit was lost");
 * ```
 */
export class Lock {
  #held = false;
  /** The waiters. A set keeps their order and lets any of them leave. */
  #queue = new Set<() => void>();

  /** Whether the lock is held. */
  get locked(): boolean {
    return this.#held;
  }

  /** How many callers wait for the lock. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits until the caller holds the lock. If `signal` aborts first, the caller
   * leaves the queue, and the reason of the signal is thrown.
   */
  async acquire({ signal }: { signal?: AbortSignal } = {}): Promise<Guard> {
    signal?.throwIfAborted();
    if (this.#held) await this.#turn(signal);
    this.#held = true;
    return this.#guard();
  }

  /** Returns the guard if the lock is free, else `undefined`. Never waits. */
  tryAcquire(): Guard | undefined {
    if (this.#held) return undefined;
    this.#held = true;
    return this.#guard();
  }

  /** Runs `fn` while holding the lock. Releases the lock afterwards, even if `fn` throws. */
  async withLock<T>(fn: () => T | Promise<T>): Promise<T> {
    using _guard = await this.acquire();
    return await fn();
  }

  #turn(signal?: AbortSignal): Promise<void> {
    const { promise, resolve: enter, reject } = Promise.withResolvers<void>();
    this.#queue.add(enter);
    if (!signal) return promise;
    // A waiter that has got the lock has left the queue: an abort is too late.
    const leave = () => this.#queue.delete(enter) && reject(signal.reason);
    signal.addEventListener("abort", leave);
    return promise.finally(() => signal.removeEventListener("abort", leave));
  }

  #guard(): Guard {
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      const [next] = this.#queue;
      this.#queue.delete(next);
      // The lock stays held and goes to the next waiter. If it were free in
      // between, a new caller could take it before that waiter resumes.
      if (next) next();
      else this.#held = false;
    };
    return { release, [Symbol.dispose]: release };
  }
}
