/**
 * The end of the terminal.
 *
 * @module
 */

/**
 * A signal that aborts when `stop` does, or when the terminal closes: the
 * programs that we start are in groups of their own, and are not told.
 */
export function orHangUp(stop: AbortSignal): AbortSignal {
  if (Deno.build.os === "windows") return stop;
  const hangUp = new AbortController();
  Deno.addSignalListener("SIGHUP", () => hangUp.abort());
  return AbortSignal.any([stop, hangUp.signal]);
}
