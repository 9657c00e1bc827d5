/**
 * Programs in process groups of their own, so that what they start ends with them.
 *
 * @module
 */

/** Whether a program can lead a group of its own: an option of `Deno.Command`. */
export const detached: boolean = Deno.build.os !== "windows";

/** Ends a program that was started with `detached`, and its group. */
export function endGroup(program: Deno.ChildProcess): void {
  try {
    if (detached) Deno.kill(-program.pid, "SIGTERM");
    else program.kill();
  } catch {
    // All of them have ended.
  }
}
