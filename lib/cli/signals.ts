/**
 * Being asked to end.
 *
 * @module
 */

/**
 * Milliseconds after a first signal in which another is the same wish: under
 * `deno task`, one Ctrl-C arrives twice, some 5 ms apart.
 */
const SAME_WISH = 500;

/** What Ctrl-C and SIGTERM ask for. */
export interface StopSignals {
  /** Aborts at the first signal: end in good order. */
  readonly stop: AbortSignal;
  /** Aborts at a second one, some time later: end at once. */
  readonly stopNow: AbortSignal;
}

/**
 * Listens for the signals that ask a program to end. Must come before
 * anything that opens descriptors, since it takes some.
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
  const terminate = Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM";
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener(terminate, onSignal);
  return { stop: stop.signal, stopNow: stopNow.signal };
}

/** Calls back when the signal aborts, at once if it has. */
export function whenAborted(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener("abort", callback, { once: true });
}
