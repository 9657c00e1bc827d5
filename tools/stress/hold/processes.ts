/**
 * What the system knows of a process. Linux only.
 *
 * @module
 */

/** Clock ticks of the processor times in `/proc`, a second: the same on all of Linux. */
const TICKS = 100;

/** Bytes of memory that the process holds. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** The most bytes of memory that the process has held. */
export function mostBytes(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, field: string): number {
  const [, kibibytes] = Deno.readTextFileSync(`/proc/${pid}/status`)
    .match(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m"))!;
  return Number(kibibytes) * 1024;
}

/** Descriptors that the process has open. */
export function descriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Seconds of processor time that the process has used, on all cores together. */
export function processorSeconds(pid: number): number {
  // The second field is the program's name, which may have spaces in it.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "").split(" ");
  const [user, system] = fields.slice(11, 13).map(Number);
  return (user + system) / TICKS;
}
