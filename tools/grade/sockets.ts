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

/** Returns all sockets with this local port. */
export function socketsAt(port: number): Socket[] {
  return allSockets().filter((socket) => socket.port === port);
}

/** Returns the ports at which one of these processes listens. */
export function portsOf(pids: readonly number[]): number[] {
  const listening = allSockets().filter(({ state }) => state === "LISTEN");
  const theirs = listening.filter((it) => pids.some((pid) => holds(pid, [it])));
  return [...new Set(theirs.map(({ port }) => port))];
}

function allSockets(): Socket[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readProc(table).trimEnd().split("\n").slice(1).map((line) => {
      const [, local, peer, code, , , , , , inode] = line.trim().split(/\s+/);
      return {
        port: portOf(local),
        peerPort: portOf(peer),
        state: STATES[code] ?? code,
        inode: Number(inode),
      };
    })
  );
}

/** Returns the socket at the first end of a connection between two ports. */
export function connection(from: number, to: number): Socket[] {
  return socketsAt(from).filter(({ peerPort }) => peerPort === to);
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
