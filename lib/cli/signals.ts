/**
 * The signals that ask a program to end.
 *
 * @module
 */

/**
 * How long after the first signal another one counts as the same, in
 * milliseconds: under `deno task`, one Ctrl-C arrives twice in quick
 * succession.
 */
const SAME_WISH = 500;

/** Abort signals for Ctrl-C, SIGTERM and SIGHUP, which a terminal sends when it closes. */
export interface StopSignals {
  /** Aborts at the first signal: the program shuts down in good order. */
  readonly stop: AbortSignal;
  /** Aborts at a second, later signal: the program ends at once. */
  readonly stopNow: AbortSignal;
}

/**
 * Listens for the signals that ask a program to end. Must be called before
 * anything else opens file descriptors, since it needs some.
 */
export function listenForStop(): StopSignals {
  const stop = new AbortController();
  const stopNow = new AbortController();
  let first: number | undefined;
  const onSignal = () => {
    const now = performance.now();
    first ??= now;
    if (now === first) stop.abort();
    else if (now - first >= SAME_WISH) stopNow.abort();
  };
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return { stop: stop.signal, stopNow: stopNow.signal };
}

/** Calls `callback` when the signal aborts, or at once if it already has. */
export function whenAborted(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener("abort", callback, { once: true });
}
