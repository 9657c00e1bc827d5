import { assertEquals, assertRejects } from "@std/assert";
import { Lock } from "../lib/lock.ts";

/** Waits until every task that can continue has done so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("Lock.acquire() keeps 50 tasks from overwriting each other's counts [lock-excludes]", async () => {
  const lock = new Lock();
  let counter = 0;
  await Promise.all(Array.from({ length: 50 }, async () => {
    for (let i = 0; i < 1000; i++) {
      using _guard = await lock.acquire();
      const read = counter;
      await null;
      counter = read + 1;
    }
  }));
  assertEquals(counter, 50_000); // without the lock: 1,000
  assertEquals([lock.locked, lock.waiting], [false, 0]);
});

Deno.test("Lock.acquire() lets callers in first come, first served [lock-fifo]", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  const order: number[] = [];
  const enter = async (n: number) => {
    using _guard = await lock.acquire();
    order.push(n);
    await null;
  };
  const tasks = [enter(1), enter(2), enter(3)];
  assertEquals([lock.locked, lock.waiting], [true, 3]);
  first.release();
  tasks.push(enter(4)); // asks after the release, before 1 has woken up
  await Promise.all(tasks);
  assertEquals(order, [1, 2, 3, 4]);
});

Deno.test("Lock.acquire() removes an aborted waiter from the queue", async () => {
  const lock = new Lock();
  const holder = await lock.acquire();
  const abort = new AbortController();
  const leaving = lock.acquire({ signal: abort.signal });
  const staying = lock.acquire();
  const reason = new Error("had enough");
  abort.abort(reason);
  assertEquals(await leaving.catch((error) => error), reason);
  assertEquals(lock.waiting, 1);
  holder.release();
  (await staying).release();
  assertEquals(lock.locked, false);
});

Deno.test("Lock.acquire() ignores an abort after the lock was handed over", async () => {
  const lock = new Lock();
  const holder = await lock.acquire();
  const abort = new AbortController();
  const waiting = lock.acquire({ signal: abort.signal });
  holder.release();
  abort.abort();
  const guard = await waiting;
  assertEquals(lock.locked, true);
  guard.release();
  await assertRejects(
    () => lock.acquire({ signal: abort.signal }),
    DOMException,
  );
  assertEquals(lock.locked, false);
});

Deno.test("Guard.release() works once", async () => {
  const lock = new Lock();
  const first = await lock.acquire();
  const second = lock.acquire();
  const third = lock.acquire();
  first.release();
  first.release();
  first[Symbol.dispose]();
  let thirdIn = false;
  void third.then(() => thirdIn = true);
  await settle();
  assertEquals(thirdIn, false);
  (await second).release();
  (await third).release();
  assertEquals(lock.locked, false);
});

Deno.test("Lock.withLock() frees the lock when the function throws", async () => {
  const lock = new Lock();
  await assertRejects(
    () =>
      lock.withLock(() => {
        throw new RangeError("no");
      }),
    RangeError,
  );
  assertEquals(lock.locked, false);
  assertEquals(await lock.withLock(() => Promise.resolve(7)), 7);
});

Deno.test("Lock is not re-entrant: a holder that asks again waits", async () => {
  const lock = new Lock();
  const holder = await lock.acquire();
  let entered = false;
  const again = lock.acquire().then((guard) => {
    entered = true;
    guard.release();
  });
  await settle();
  assertEquals(entered, false);
  holder.release();
  await again;
});
