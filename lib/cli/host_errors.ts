/**
 * What the system's errors about a host and its network mean, in plain words.
 *
 * @module
 */

/** A lookup that failed on Linux and macOS, and on Windows. */
const NO_HOST = /failed to lookup address|\(os error 11001\)/;
/** A lookup that failed because no name server answered. */
const NO_LOOKUP = /Temporary failure|\(os error 1100[23]\)/;
const UNREACHABLE = /^E(HOST|NET)UNREACH$/;

/** Says what an error about a host means, or returns `undefined` if it is about something else. */
export function hostError(
  hostname: string,
  error: unknown,
): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message, code } = error as Error & { code?: unknown };
  if (NO_LOOKUP.test(message)) {
    return `there is no host ${hostname}, or no network to look it up`;
  }
  if (NO_HOST.test(message) || error instanceof URIError) {
    return `there is no host ${hostname}`;
  }
  if (UNREACHABLE.test(String(code))) {
    return "no network of this machine leads there";
  }
  if (error instanceof Deno.errors.TimedOut) return "that host does not answer";
  return undefined;
}
