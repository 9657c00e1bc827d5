/**
 * Finding and ending all processes of a program. Linux only: elsewhere none are
 * found.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { ProcessorWaits } from "./deadline.ts";
import { readProc, threadsOf } from "./proc.ts";

/** The environment variable that marks all processes a program starts. */
export const MARK = "ROLLCALL_GRADE";
/** Milliseconds between two scans while processes are being ended. */
const LOOK = 10;
/** Scans that must find nothing: one scan can miss a process that starts meanwhile. */
const EMPTY_LOOKS = 3;
/** Scans, at most: a process that waits for a disk cannot be ended. */
const MOST_LOOKS = 300;
/** Bytes of a memory page, the unit of `/proc`. */
const PAGE = 4096;
/** Ticks per second, the unit of processor time in `/proc`. */
const TICKS = 100;

/** The number of the system call `read`. */
const READ_CALL: Readonly<Record<string, string>> = {
  x86_64: "0",
  aarch64: "63",
};

/** One process. */
interface Process {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** When it started, in ticks since boot. With the pid, it identifies a process even after the pid is reused. */
  started: number;
  /** Seconds of processor time. */
  seconds: number;
  bytes: number;
}

/** Returns all processes that run, without zombies. */
function processes(): Process[] {
  if (Deno.build.os !== "linux") return [];
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    // The second field is the program's name, which can contain any character.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (stat === "" || state === "Z" || state === "X") continue;
    const [parent, group, session] = fields.map(Number);
    found.push({
      pid: Number(name),
      parent,
      group,
      session,
      started: Number(fields[18]),
      seconds: (Number(fields[10]) + Number(fields[11])) / TICKS,
      bytes: Number(fields[20]) * PAGE,
    });
  }
  return found;
}

/** What a family uses. */
export interface Cost {
  processes: number;
  bytes: number;
  /** Seconds of processor time, including processes that have ended. */
  seconds: number;
}

/** A process and all its descendants. */
export class Family {
  #root: number;
  /** Identifies the root, whose pid the system may reuse. */
  #rootKey: string | undefined;
  #mark: string;
  #folder: string;
  /** Seconds of processor time of each member ever seen. */
  #seen = new Map<string, number>();
  #waits = new ProcessorWaits();
  /** The members as of the last look. */
  #pids: readonly number[];

  /**
   * Takes a process that leads its own process group, has {@linkcode MARK} in
   * its environment, and runs in a folder of its own.
   */
  constructor(root: number, mark: string, folder: string) {
    this.#folder = folder;
    this.#root = root;
    this.#pids = [root];
    this.#mark = `${MARK}=${mark}`;
    const process = processes().find(({ pid }) => pid === root);
    this.#rootKey = process && key(process);
  }

  /**
   * Returns what all running members use. Call it often: a child whose parent
   * has ended is found only if it was seen before.
   */
  look(): Cost {
    const members = this.#members(false);
    this.#pids = members.map(({ pid }) => pid);
    this.#waits.look(this.#pids);
    let bytes = 0;
    for (const member of members) bytes += member.bytes;
    let seconds = 0;
    for (const used of this.#seen.values()) seconds += used;
    return { processes: members.length, bytes, seconds };
  }

  /** Seconds in which a member waited for a processor, as {@linkcode look} has seen it. */
  get waited(): number {
    return this.#waits.seconds;
  }

  /** Whether a member's main thread is in a read of its stdin. */
  get readsStdin(): boolean {
    return this.#members(false).some(({ pid }) => {
      const [call, descriptor] = readProc(`/proc/${pid}/syscall`).split(" ");
      return call === READ_CALL[Deno.build.arch] && descriptor === "0x0";
    });
  }

  /** Whether a thread of a member that {@linkcode look} has seen is running, or is ready to run. */
  get isRunning(): boolean {
    return this.#pids.some((pid) =>
      threadsOf(pid).some((thread) =>
        / R \d+ /.test(readProc(`/proc/${pid}/task/${thread}/stat`))
      )
    );
  }

  /** Kills all members. A process that only starts another one and exits can escape. */
  async end(): Promise<void> {
    let empty = 0;
    for (let looks = 0; looks < MOST_LOOKS && empty < EMPTY_LOOKS; looks++) {
      const members = this.#members(true);
      // Stop all first, so that none can start another process.
      for (const member of members) signal(member.pid, "SIGSTOP");
      for (const member of members) signal(member.pid, "SIGKILL");
      empty = members.length === 0 ? empty + 1 : 0;
      await delay(LOOK);
    }
  }

  #members(alsoMarked: boolean): Process[] {
    const all = processes();
    const members = new Set<Process>();
    const pids = new Set<number>();
    const root = all.find(({ pid }) => pid === this.#root);
    // The system can reuse a group's number once the group is empty.
    const isOurs = !root || key(root) === this.#rootKey;
    const isMember = (it: Process) =>
      (isOurs && [it.pid, it.group, it.session].includes(this.#root)) ||
      pids.has(it.parent) || this.#seen.has(key(it)) ||
      (alsoMarked && this.#isMarked(it.pid));
    for (let before = -1; before !== members.size;) {
      before = members.size;
      for (const it of all) {
        if (members.has(it) || !isMember(it)) continue;
        members.add(it);
        pids.add(it.pid);
      }
    }
    for (const it of members) this.#seen.set(key(it), it.seconds);
    return [...members];
  }

  /**
   * Whether a process has our mark, or runs in our folder. This finds processes
   * that left their group and lost their parent.
   */
  #isMarked(pid: number): boolean {
    const environment = readProc(`/proc/${pid}/environ`).split("\0");
    return environment.includes(this.#mark) || isIn(this.#folder, pid);
  }
}

function isIn(folder: string, pid: number): boolean {
  try {
    const path = Deno.readLinkSync(`/proc/${pid}/cwd`);
    return path === folder || path.startsWith(`${folder}/`);
  } catch {
    return false; // the process has ended, or belongs to another user
  }
}

function key({ pid, started }: Process): string {
  return `${pid}/${started}`;
}

/** Sends a signal to a process, or to a group if the number is negative. Does nothing if it has ended. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended.
  }
}
