/**
 * The lock around what handlers share.
 *
 * @module
 */

/** Proof of holding the lock. */
export interface Guard extends Disposable {
  /** Gives it back, to the next in the queue. A second call does nothing. */
  release(): void;
}

/**
 * A promise-queue lock: one holder at a time, strictly first come, first served.
 *
 * It is not re-entrant: a holder that acquires the lock again waits for itself,
 * for ever.
 *
 * @example Guarding a read and a write with an `await` between them
 * ```ts
 * import { Lock } from "./lock.ts";
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
  /** A set keeps the order of arrival, and lets one in the middle leave at once. */
  #queue = new Set<() => void>();

  /** Whether somebody holds the lock. */
  get locked(): boolean {
    return this.#held;
  }

  /** How many callers wait for it. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits for the caller's turn. If `signal` aborts before, the caller leaves
   * the queue, and the reason of the signal is thrown.
   */
  async acquire({ signal }: { signal?: AbortSignal } = {}): Promise<Guard> {
    signal?.throwIfAborted();
    if (this.#held) await this.#turn(signal);
    this.#held = true;
    return this.#guard();
  }

  /** Runs `fn` as the only holder. The lock is free afterwards, also if `fn` throws. */
  async withLock<T>(fn: () => T | Promise<T>): Promise<T> {
    using _guard = await this.acquire();
    return await fn();
  }

  #turn(signal?: AbortSignal): Promise<void> {
    const { promise, resolve: enter, reject } = Promise.withResolvers<void>();
    this.#queue.add(enter);
    if (!signal) return promise;
    // Once its turn has come, a waiter is out of the queue, and an abort too late.
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
      // Handed over, not put down: were it free for a moment, a newcomer could
      // take it before the first in the queue woke up.
      if (next) next();
      else this.#held = false;
    };
    return { release, [Symbol.dispose]: release };
  }
}
