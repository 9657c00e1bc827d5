/**
 * What the operating system reports about a process. Linux only.
 *
 * @module
 */

/** Clock ticks per second of the processor times in `/proc`: the same on every Linux. */
const TICKS = 100;

/** Returns the resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, "VmRSS");
}

/** Returns the peak resident memory of a process, in bytes. */
export function mostBytes(pid: number): number {
  return statusBytes(pid, "VmHWM");
}

function statusBytes(pid: number, field: string): number {
  const [, kibibytes] = Deno.readTextFileSync(`/proc/${pid}/status`)
    .match(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m"))!;
  return Number(kibibytes) * 1024;
}

/** Returns how many descriptors a process has open. */
export function descriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Returns the processor time that a process has used on all cores, in seconds. */
export function processorSeconds(pid: number): number {
  // The second field is the program's name, which may contain spaces.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "").split(" ");
  const [user, system] = fields.slice(11, 13).map(Number);
  return (user + system) / TICKS;
}
