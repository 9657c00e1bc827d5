/**
 * The processes of this machine. Linux only: elsewhere there are none.
 *
 * @module
 */

import { reap } from "./libc.ts";
import { readProc } from "./proc.ts";

/** Bytes of a memory page, the unit of `/proc`. */
const PAGE = 4096;
/** Ticks per second, the unit of processor time in `/proc`. */
const TICKS = 100;

/** One process. */
export interface Process {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** When it started, in ticks since boot. With the pid, it identifies a process even after the pid is reused. */
  started: number;
  /** Seconds of processor time. */
  seconds: number;
  bytes: number;
  /** Whether a program started it, and it lost its parent: then this process is its parent. */
  isAdopted: boolean;
}

/** The keys of the programs that this process started. */
const programs = new Set<string>();

/**
 * Notes that this process started a program, and will wait for it. Returns its
 * process, which may have ended. Call it at once: until then, `processes` takes an
 * ended program for an orphan, and forgets it.
 */
export function noteProgram(pid: number): Process | undefined {
  const process = readProcess(`${pid}`)?.process;
  if (process) programs.add(key(process));
  return process;
}

/** The session of this process. */
function ownSession(): number {
  const stat = readProc("/proc/self/stat");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}

/** Returns all processes that run, without zombies. */
export function processes(): Process[] {
  if (Deno.build.os !== "linux") return [];
  const session = ownSession();
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const read = /^\d+$/.test(name) ? readProcess(name) : undefined;
    if (read === undefined || read.state === "X") continue;
    const { state, process } = read;
    process.isAdopted = process.parent === Deno.pid &&
      process.session !== session && !programs.has(key(process));
    if (state !== "Z") found.push(process);
    else if (process.isAdopted) reap(process.pid);
  }
  return found;
}

/** Returns a process and its state, if there is one. */
function readProcess(
  pid: string,
): { process: Process; state: string } | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === "") return undefined;
  // The second field is the program's name, which can contain any character.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [parent, group, session] = fields.map(Number);
  const process = {
    pid: Number(pid),
    parent,
    group,
    session,
    started: Number(fields[18]),
    seconds: (Number(fields[10]) + Number(fields[11])) / TICKS,
    bytes: Number(fields[20]) * PAGE,
    isAdopted: false,
  };
  return { process, state };
}

/** Identifies a process, also after its id is reused. */
export function key({ pid, started }: Process): string {
  return `${pid}/${started}`;
}

/** Kills processes. */
export function kill(processes: readonly Process[]): void {
  // Stop all first, so that none can start another process.
  for (const { pid } of processes) signal(pid, "SIGSTOP");
  for (const { pid } of processes) signal(pid, "SIGKILL");
}

/** Sends a signal to a process, or to a group if the number is negative. Does nothing if it has ended. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended.
  }
}
