/**
 * Finding and ending all processes of a program. Linux only: elsewhere none are
 * found.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { ProcessorWaits } from "./deadline.ts";
import { adoptOrphans, limitFileSize } from "./libc.ts";
import { hasEnded, isRunning, readProc, readsStdin } from "./proc.ts";
import {
  key,
  kill,
  noteProgram,
  type Process,
  processes,
} from "./process_list.ts";
import { holds, portsOf, type Socket } from "./sockets.ts";

/** The environment variable that marks all processes a program starts. */
export const MARK = "ROLLCALL_GRADE";
/** Milliseconds between two scans while processes are being ended. */
const LOOK = 10;
/** Scans that must find nothing: one scan can miss a process that starts meanwhile. */
const EMPTY_LOOKS = 3;
/** Milliseconds of scanning, at most: a process that waits for a disk cannot be ended. */
const END_LONGEST = 1000;
/** The families that have not ended. */
const live = new Set<Family>();
/** The keys of all members of families that have ended. */
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
  /** The process ids of the members that were seen last. */
  #latest: number[];

  /**
   * Takes a process that leads its own process group, has {@linkcode MARK} in
   * its environment, and runs in a folder of its own.
   */
  constructor(root: number, mark: string, folder: string) {
    this.#folder = folder;
    this.#root = root;
    this.#latest = [root];
    this.#mark = `${MARK}=${mark}`;
    const process = noteProgram(root);
    this.#rootKey = process && key(process);
    if (process) this.#seen.set(key(process), process.seconds);
    live.add(this);
  }

  /**
   * Returns what all running members use. Call it often: a child whose parent
   * has ended is found only if it was seen before.
   */
  look(): Cost {
    const members = this.#members(false);
    this.#waits.look(this.#latest);
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
    return this.#latest.some(isRunning);
  }

  /** Whether the root has ended. */
  get hasEnded(): boolean {
    return hasEnded(this.#root);
  }

  /** Whether one of the members that were seen last holds one of these sockets. Takes little time. */
  holds(sockets: readonly Socket[]): boolean {
    return this.#latest.some((pid) => holds(pid, sockets));
  }

  /**
   * Whether another process holds one of these sockets. False if none is known: the
   * files of another user's processes are not visible, such as those in a
   * container. Takes long.
   */
  isOfAnother(sockets: readonly Socket[]): boolean {
    const owner = processes().find(({ pid }) => holds(pid, sockets));
    return owner !== undefined &&
      !this.#members(true).some(({ pid }) => pid === owner.pid);
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
    this.#latest = Array.from(members, ({ pid }) => pid);
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
 * Ends processes that meet a condition, if they are left of a grading: of this one,
 * or of the one whose marks begin with `name`.
 */
export async function endLeftovers(
  isMeant: (pid: number) => boolean = () => true,
  name = gradingName(),
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
      (adopted.has(it.pid) || former.has(key(it)) || isOf(name, it.pid)) &&
      ![...live].some((family) => family.hasSeen(it)) && isMeant(it.pid)
    );
    if (found.length === 0) return;
    kill(found);
    await delay(LOOK);
  }
}

function isOf(grading: string, pid: number): boolean {
  return readProc(`/proc/${pid}/environ`).split("\0")
    .some((it) => it.startsWith(`${MARK}=${grading}/`));
}

function isIn(folder: string, pid: number): boolean {
  try {
    const path = Deno.readLinkSync(`/proc/${pid}/cwd`);
    return path === folder || path.startsWith(`${folder}/`);
  } catch {
    return false; // the process has ended, or belongs to another user
  }
}
