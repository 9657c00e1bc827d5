/**
 * Finding and ending all processes of a program. Linux only: elsewhere none are
 * found.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { ProcessorWaits } from "./deadline.ts";
import { adoptOrphans, limitFileSize, reap } from "./libc.ts";
import { isIn, isRunning, ownSession, readProc, readsStdin } from "./proc.ts";
import { holds, portsOf, type Socket } from "./sockets.ts";

/** The environment variable that marks all processes a program starts. */
export const MARK = "ROLLCALL_GRADE";
/** Milliseconds between two scans while processes are being ended. */
const LOOK = 10;
/** Scans that must find nothing: one scan can miss a process that starts meanwhile. */
const EMPTY_LOOKS = 3;
/** Milliseconds of scanning, at most: a process that waits for a disk cannot be ended. */
const END_LONGEST = 1000;
/** Bytes of a memory page, the unit of `/proc`. */
const PAGE = 4096;
/** Ticks per second, the unit of processor time in `/proc`. */
const TICKS = 100;

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
  /** Whether a program started it, and it lost its parent: then this process is its parent. */
  isAdopted: boolean;
}

/** The families that have not ended. */
const live = new Set<Family>();
/** The keys of all programs, and of all members of families that have ended. */
const roots = new Set<string>();
const former = new Set<string>();
let grading: string | undefined;

/** What the marks of this grading begin with. A grader inherits it from the one that started it. */
function gradingName(): string {
  return grading ??= Deno.env.get(MARK) ?? crypto.randomUUID();
}

let isReady = false;

/** Prepares this process for programs, and returns a mark for one. The programs can write files up to a size. */
export function newMark(mostFileBytes: number): string {
  if (!isReady) {
    adoptOrphans();
    limitFileSize(mostFileBytes);
    isReady = true;
  }
  return `${gradingName()}/${crypto.randomUUID()}`;
}

/** Returns all processes that run, without zombies. */
function processes(): Process[] {
  if (Deno.build.os !== "linux") return [];
  const session = ownSession();
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    // The second field is the program's name, which can contain any character.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (stat === "" || state === "X") continue;
    const [parent, group, sid] = fields.map(Number);
    const it: Process = {
      pid: Number(name),
      parent,
      group,
      session: sid,
      started: Number(fields[18]),
      seconds: (Number(fields[10]) + Number(fields[11])) / TICKS,
      bytes: Number(fields[20]) * PAGE,
      isAdopted: false,
    };
    it.isAdopted = parent === Deno.pid && sid !== session &&
      !roots.has(key(it));
    if (state !== "Z") found.push(it);
    else if (it.isAdopted) reap(it.pid);
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

/** Who holds a socket: a member of a family, another process, one that we cannot see, or none. */
export type Holder = "member" | "another" | "unknown" | "closed";

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
    if (process) {
      roots.add(key(process));
      this.#seen.set(key(process), process.seconds);
    }
    live.add(this);
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

  /** Whether a member's main thread waits for its stdin. */
  get readsStdin(): boolean {
    return this.#members(false).some(({ pid }) => readsStdin(pid));
  }

  /** Whether a thread of a member that {@linkcode look} has seen is running, or is ready to run. */
  get isRunning(): boolean {
    return this.#pids.some(isRunning);
  }

  /** Whether a member holds one of these sockets. */
  holds(sockets: readonly Socket[]): boolean {
    if (sockets.every(({ inode }) => inode === 0)) return false;
    return holds(this.#root, sockets) ||
      this.#members(false).some(({ pid }) => holds(pid, sockets));
  }

  /**
   * Who holds one of these sockets: `unknown` if it is a process of another user,
   * such as one in a container, whose files are not visible. Takes long.
   */
  whoHolds(sockets: readonly Socket[]): Holder {
    if (sockets.every(({ inode }) => inode === 0)) return "closed";
    const owner = processes().find(({ pid }) => holds(pid, sockets));
    if (!owner) return "unknown";
    const isMember = this.#members(true).some(({ pid }) => pid === owner.pid);
    return isMember ? "member" : "another";
  }

  /** The ports at which members listen. */
  get ports(): number[] {
    return portsOf(this.#members(false).map(({ pid }) => pid));
  }

  /**
   * Kills all members. Where orphans are not adopted, a process that only starts
   * another one and exits can escape.
   */
  async end(): Promise<void> {
    const end = performance.now() + END_LONGEST;
    for (let empty = 0; empty < EMPTY_LOOKS && performance.now() < end;) {
      const members = this.#members(true);
      kill(members);
      empty = members.length === 0 ? empty + 1 : 0;
      await delay(LOOK);
    }
    live.delete(this);
    for (const key of this.#seen.keys()) former.add(key);
  }

  /** Whether a process was once seen as a member. */
  hasSeen(process: Process): boolean {
    return this.#seen.has(key(process));
  }

  #members(alsoMarked: boolean): Process[] {
    const all = processes();
    const members = new Set<Process>();
    const pids = new Set<number>();
    const root = all.find(({ pid }) => pid === this.#root);
    // The system can reuse a group's number once the group is empty.
    const isOurs = !root || key(root) === this.#rootKey;
    // With one program, all orphans are its own.
    const isAlone = live.size === 1 && live.has(this);
    const isMember = (it: Process) =>
      (isAlone && it.isAdopted) ||
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

/**
 * Ends processes of this grading whose programs have been ended, if they meet a
 * condition.
 */
export async function endLeftovers(
  isMeant: (pid: number) => boolean,
): Promise<void> {
  const end = performance.now() + END_LONGEST;
  while (performance.now() < end) {
    const all = processes();
    const adopted = new Set<number>();
    for (let before = -1; before !== adopted.size;) {
      before = adopted.size;
      for (const it of all) {
        if (it.isAdopted || adopted.has(it.parent)) adopted.add(it.pid);
      }
    }
    const found = all.filter((it) =>
      (adopted.has(it.pid) || former.has(key(it)) || isOfThisGrading(it.pid)) &&
      ![...live].some((family) => family.hasSeen(it)) && isMeant(it.pid)
    );
    if (found.length === 0) return;
    kill(found);
    await delay(LOOK);
  }
}

function isOfThisGrading(pid: number): boolean {
  return readProc(`/proc/${pid}/environ`).split("\0")
    .some((it) => it.startsWith(`${MARK}=${gradingName()}/`));
}

function kill(processes: readonly Process[]): void {
  // Stop all first, so that none can start another process.
  for (const { pid } of processes) signal(pid, "SIGSTOP");
  for (const { pid } of processes) signal(pid, "SIGKILL");
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
