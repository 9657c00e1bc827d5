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
  #queue = new Set<(guard: Guard) => void>();

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
    return this.#held ? await this.#turn(signal) : this.#guard();
  }

  /** Acquires the lock if it is free, and else returns `undefined`. Never waits. Check the result: `using` accepts `undefined`, too. */
  tryAcquire(): Guard | undefined {
    return this.#held ? undefined : this.#guard();
  }

  /** Runs `fn` while holding the lock. Releases the lock afterwards, even if `fn` throws. */
  async withLock<T>(fn: () => T | Promise<T>): Promise<T> {
    using _guard = await this.acquire();
    return await fn();
  }

  #turn(signal?: AbortSignal): Promise<Guard> {
    const { promise, resolve, reject } = Promise.withResolvers<Guard>();
    this.#queue.add(resolve);
    if (!signal) return promise;
    // A waiter that has got the lock has left the queue: an abort is too late.
    const leave = () => this.#queue.delete(resolve) && reject(signal.reason);
    signal.addEventListener("abort", leave);
    return promise.finally(() => signal.removeEventListener("abort", leave));
  }

  #guard(): Guard {
    this.#held = true;
    let isMine = true;
    const release = () => {
      if (!isMine) return;
      isMine = this.#held = false;
      const [next] = this.#queue;
      // The next waiter, if there is one, holds the lock at once. If it took the lock only
      // when it resumes, a new caller could take it before.
      if (this.#queue.delete(next)) next(this.#guard());
    };
    return { release, [Symbol.dispose]: release };
  }
}
