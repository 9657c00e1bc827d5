/**
 * Waits with a deadline: if the event does not come, the test fails and names it.
 *
 * @module
 */

/** Milliseconds that a test waits for one event: enough even on a busy machine. */
export const LATE = 20_000;

/** Waits for a promise. Rejects if there is still no `what()` after `ms` milliseconds. */
export async function soon<T>(
  promise: Promise<T>,
  what: () => string,
  ms = LATE,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`After ${ms / 1000} s, still no ${what()}`)),
    ms,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `holds` returns true. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + LATE;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`Still not true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Waits until a number has not changed for a tenth of a second. */
export async function stalled(count: () => number): Promise<void> {
  const end = Date.now() + LATE;
  for (let before = -1; before !== count();) {
    if (Date.now() > end) throw new Error(`Still changing: ${count}`);
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
