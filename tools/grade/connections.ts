/**
 * The connections that arrive at the grader's port: those of the program under
 * test, and those of other processes that found the port.
 *
 * @module
 */

import type net from "node:net";
import { Changes } from "./changes.ts";
import type { Program } from "./program.ts";
import { type Socket, socketsTo } from "./sockets.ts";

/** Milliseconds that a connection waits for a better one, if it is not clear whose it is. */
const UNCLEAR_LONGEST = 1000;
/** Connections that wait, at most: the last ones. */
const MOST = 100;

/** A connection, and when it arrived. */
interface Arrived {
  socket: net.Socket;
  at: number;
}

/** Connections that no peer has taken yet. */
export class Connections {
  /** Notified of each connection. */
  readonly changes = new Changes();
  #programs: () => Iterable<Program>;
  #arrived: Arrived[] = [];

  /** `programs` returns those whose connections count. */
  constructor(programs: () => Iterable<Program>) {
    this.#programs = programs;
  }

  /** Adds a connection that has just arrived. */
  add(socket: net.Socket): void {
    socket.on("error", () => {}); // until a peer takes it over
    // A program cannot connect before it is started.
    const isEarly = [...this.#programs()].length === 0;
    if (isEarly) return void socket.resetAndDestroy();
    this.#arrived.push({ socket, at: performance.now() });
    if (this.#arrived.length > MOST) {
      this.#arrived.shift()!.socket.resetAndDestroy();
    }
    this.changes.note();
  }

  /** Whether there is a connection. */
  get areThere(): boolean {
    return this.#arrived.length > 0;
  }

  /**
   * Takes the next connection of the programs, if there is one.
   *
   * @param isLast Whether no other will arrive. Then one counts that was closed
   *               before it was clear whose it is.
   */
  take(isLast: boolean): net.Socket | undefined {
    if (!this.areThere) return undefined;
    if (Deno.build.os !== "linux") return this.#arrived.shift()!.socket;
    const programs = [...this.#programs()];
    const ends = otherEnds(this.#arrived[0]);
    const own = this.#arrived.find((it) => {
      const end = endOf(it, ends);
      return end && programs.some((program) => program.holds(end));
    });
    if (own) return this.#remove(own);
    const now = performance.now();
    const late = this.#arrived.filter(({ at }) =>
      isLast || now - at > UNCLEAR_LONGEST
    );
    for (const it of late) {
      const socket = this.#remove(it);
      const end = endOf(it, ends);
      const isOfAnother = end !== undefined &&
        programs.every((program) => program.isOfAnother(end));
      // It may have been closed meanwhile.
      const isOpen = !isOfAnother && endOf(it, otherEnds(it)) !== undefined;
      const counts = !isOfAnother && (isOpen || isLast);
      if (counts) return socket;
      socket.resetAndDestroy();
    }
  }

  #remove(one: Arrived): net.Socket {
    this.#arrived = this.#arrived.filter((it) => it !== one);
    return one.socket;
  }

  /** Resets all of them. */
  end(): void {
    for (const { socket } of this.#arrived) socket.resetAndDestroy();
  }
}

/** Returns the open sockets that are connected to the same port as this connection. */
function otherEnds({ socket }: Arrived): Socket[] {
  return socketsTo(socket.localPort ?? 0).filter(({ inode }) => inode > 0);
}

/** Returns the other end of a connection, unless it is closed. */
function endOf(
  { socket }: Arrived,
  ends: readonly Socket[],
): Socket | undefined {
  return ends.find(({ port }) => port === socket.remotePort);
}
