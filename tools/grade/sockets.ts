/**
 * The TCP sockets of this machine, and the processes that hold them. Linux only:
 * elsewhere there are none.
 *
 * @module
 */

import { readProc } from "./proc.ts";

/** A TCP socket. */
export interface Socket {
  port: number;
  /** The port at the other end; 0 if there is none. */
  peerPort: number;
  /** Its state, such as `LISTEN`. */
  state: string;
  /** Identifies it among the open files of processes. 0 if no process holds it. */
  inode: number;
}

/** The kernel's codes for the states that matter here. */
const STATES: Readonly<Record<string, string>> = {
  "01": "ESTABLISHED",
  "04": "FIN_WAIT1",
  "05": "FIN_WAIT2",
  "06": "TIME_WAIT",
  "08": "CLOSE_WAIT",
  "0A": "LISTEN",
};

/** The kernel walks through a table of all connections for each of them: some milliseconds. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/** Returns all sockets with this local port. */
export function socketsAt(port: number): Socket[] {
  return TABLES.flatMap(socketsIn).filter((it) => it.port === port);
}

/** Returns the ports at which one of these processes listens. */
export function portsOf(pids: readonly number[]): number[] {
  const listening = TABLES.flatMap(socketsIn)
    .filter(({ state }) => state === "LISTEN");
  const theirs = listening.filter((it) => pids.some((pid) => holds(pid, [it])));
  return [...new Set(theirs.map(({ port }) => port))];
}

/** Returns the sockets at the first ends of connections to a port. */
export function socketsTo(port: number): Socket[] {
  return TABLES.flatMap(socketsIn).filter((it) => it.peerPort === port);
}

function socketsIn(table: string): Socket[] {
  const [, ...lines] = readProc(table).trimEnd().split("\n");
  return lines.map((line) => {
    const [, local, peer, code, , , , , , inode] = line.trim().split(/\s+/);
    return {
      port: portOf(local),
      peerPort: portOf(peer),
      state: STATES[code] ?? code,
      inode: Number(inode),
    };
  });
}

function portOf(address: string): number {
  return parseInt(address.slice(address.lastIndexOf(":") + 1), 16);
}

/** Whether a process holds one of these sockets. False for processes of other users. */
export function holds(pid: number, sockets: readonly Socket[]): boolean {
  const links = new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
  const folder = `/proc/${pid}/fd`;
  try {
    return [...Deno.readDirSync(folder)].some(({ name }) =>
      links.has(linkOf(`${folder}/${name}`))
    );
  } catch {
    return false; // it has ended, or belongs to another user
  }
}

function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return ""; // it was closed
  }
}
