/**
 * A program's processes, all of them, as the system knows them. Linux only:
 * elsewhere none are found.
 *
 * @module
 */

import { delay } from "@std/async/delay";

/** The variable by which what a program starts is known, wherever it goes. */
export const MARK = "ROLLCALL_GRADE";
/** Milliseconds between two looks at processes that are being ended. */
const LOOK = 10;
/** Looks that must find nothing: a process may have been started behind the back of one. */
const EMPTY_LOOKS = 3;
/** Looks until what cannot be ended is left alone: a process that waits for a disk. */
const MOST_LOOKS = 300;
/** Bytes of a page of memory, as `/proc` counts. */
const PAGE = 4096;
/** `/proc` counts processor time in hundredths of a second. */
const TICKS = 100;

/** One process. */
interface Process {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** When it was started, in ticks since the system was: with the pid, it names a process for good. */
  started: number;
  /** Seconds of processor time. */
  seconds: number;
  bytes: number;
}

/** All processes that run; those that have ended and were not waited for are none. */
function processes(): Process[] {
  if (Deno.build.os !== "linux") return [];
  const found: Process[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(`/proc/${name}/stat`);
    // The second field is the program's name, which may have anything in it.
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

function threadsOf(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  } catch {
    return []; // it has ended
  }
}

/** What a file in `/proc` says; nothing, where there is none. */
export function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // it has ended, or is somebody else's
  }
}

/** What a family costs. */
export interface Cost {
  processes: number;
  bytes: number;
  /** Seconds of processor time since the family began, also of those that have ended. */
  seconds: number;
}

/** A process, and all that it and its children have started. */
export class Family {
  #root: number;
  /** When it was started: its number may be another process's by now. */
  #rootKey: string | undefined;
  #mark: string;
  #folder: string;
  /** Seconds of processor time of each member that was ever seen. */
  #seen = new Map<string, number>();

  /** The family of a process that leads a group of its own, has {@linkcode MARK} in its environment, and a folder to itself. */
  constructor(root: number, mark: string, folder: string) {
    this.#folder = folder;
    this.#root = root;
    this.#mark = `${MARK}=${mark}`;
    const process = processes().find(({ pid }) => pid === root);
    this.#rootKey = process && key(process);
  }

  /** Looks at all members that run. To be called often: a child whose parent has ended is known only if it was seen before. */
  look(): Cost {
    const members = this.#members(false);
    let bytes = 0;
    for (const member of members) bytes += member.bytes;
    let seconds = 0;
    for (const used of this.#seen.values()) seconds += used;
    return { processes: members.length, bytes, seconds };
  }

  /** Whether a thread of a member runs at this moment, or would if there were a processor for it. */
  get isRunning(): boolean {
    return this.#members(false).some(({ pid }) =>
      threadsOf(pid).some((thread) =>
        / R \d+ /.test(readProc(`/proc/${pid}/task/${thread}/stat`))
      )
    );
  }

  /** Ends all members, at once. One that does nothing but start another and end can slip through. */
  async end(): Promise<void> {
    let empty = 0;
    for (let looks = 0; looks < MOST_LOOKS && empty < EMPTY_LOOKS; looks++) {
      const members = this.#members(true);
      // First all are stopped, so that none can start another meanwhile.
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
    // A group's number is free for others once nobody is in it.
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

  /** Whether a process has our mark, or works in our folder: by that, those are known that left their group and lost their parent. */
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
    return false; // it has ended, or is somebody else's
  }
}

function key({ pid, started }: Process): string {
  return `${pid}/${started}`;
}

/** Sends a signal to a process, or with a negative number to a group, if there is one. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It has ended.
  }
}
