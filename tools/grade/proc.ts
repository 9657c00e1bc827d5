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

/** Returns the states of a process's threads, such as `R` for one that runs or could. */
function statesOf(pid: number): string[] {
  return threadsOf(pid).map((thread) => {
    const stat = readProc(`/proc/${pid}/task/${thread}/stat`);
    // The second field is the thread's name, which can contain any character.
    return stat.charAt(stat.lastIndexOf(")") + 2);
  });
}

/** Whether a thread of a process is running, or is ready to run. */
export function isRunning(pid: number): boolean {
  return statesOf(pid).includes("R");
}

/** Whether a process has ended, so that its parent can collect its exit code. */
export function hasEnded(pid: number): boolean {
  return statesOf(pid).every((state) => state === "" || state === "Z");
}

/** The number of the system call `read`. */
const READ_CALL: Readonly<Record<string, string>> = {
  x86_64: "0",
  aarch64: "63",
};

/** Whether the main thread of a process is in a read of its stdin. */
export function readsStdin(pid: number): boolean {
  const [call, descriptor] = readProc(`/proc/${pid}/syscall`).split(" ");
  return call === READ_CALL[Deno.build.arch] && descriptor === "0x0";
}
