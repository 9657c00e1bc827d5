// Waiting that comes to an end: a test whose event never comes must fail, and
// say what it waited for.

/** Milliseconds that a test waits for one event. A tenth of it is enough on a busy machine. */
export const LATE = 20_000;

/** Waits for a promise. Rejects if it is still pending after `ms` milliseconds. */
export async function soon<T>(
  promise: Promise<T>,
  what: string,
  ms = LATE,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what} did not come in ${ms / 1000} s`)),
    ms,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until something has become so. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + LATE;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`${holds} did not become true`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
