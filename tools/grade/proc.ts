/**
 * Reading `/proc`. Everything is empty on systems other than Linux.
 *
 * @module
 */

/** Returns the text of a file in `/proc`, or an empty text if it cannot be read. */
export function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // the process has ended, or belongs to another user
  }
}

/** Returns the names of a process's threads. */
export function threadsOf(pid: number | string): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  } catch {
    return []; // the process has ended
  }
}
