/**
 * The connections that arrive at the grader's port: those of the program under
 * test, and those of other processes that found the port.
 *
 * @module
 */

import type net from "node:net";
import { Changes } from "./changes.ts";
import type { Program } from "./program.ts";

/** Milliseconds that a connection waits for a better one, if it is not known whose it is. */
const UNKNOWN_LONGEST = 1000;
/** How many of those are kept: the last ones. */
const MOST_UNKNOWN = 20;

/** Connections that no peer has taken yet. */
export class Connections {
  /** Notified of each connection. */
  readonly changes = new Changes();
  #programs: () => Iterable<Program>;
  /** Connections of the programs. */
  #own: net.Socket[] = [];
  /** Connections that the programs do not hold, or no longer. */
  #unknown: { socket: net.Socket; at: number }[] = [];

  /** `programs` returns those whose connections count. */
  constructor(programs: () => Iterable<Program>) {
    this.#programs = programs;
  }

  /** Whether a connection of the programs waits to be taken. */
  get hasOwn(): boolean {
    return this.#own.length > 0;
  }

  /** Adds a connection that has just arrived. */
  add(socket: net.Socket): void {
    socket.on("error", () => {}); // until a peer takes it over
    const programs = [...this.#programs()];
    // Nothing that the grader started can connect before it is started.
    if (programs.length === 0) return void socket.resetAndDestroy();
    const { remotePort: from, localPort: to } = socket;
    if (programs.some((it) => it.holdsConnection(from!, to!))) {
      this.#own.push(socket);
    } else {
      this.#unknown.push({ socket, at: performance.now() });
      if (this.#unknown.length > MOST_UNKNOWN) {
        this.#unknown.shift()!.socket.resetAndDestroy();
      }
    }
    this.changes.note();
  }

  /**
   * Takes the next connection of the programs, if there is one.
   *
   * @param isLast Whether no other connection will arrive. Then one counts that
   *               was closed before it was clear whose it is.
   */
  take(isLast: boolean): net.Socket | undefined {
    const first = this.#own.shift();
    if (first) return first;
    const now = performance.now();
    while (this.#unknown.length > 0) {
      const { socket, at } = this.#unknown[0];
      if (!isLast && now - at < UNKNOWN_LONGEST) return undefined;
      this.#unknown.shift();
      if (this.#mayCount(socket, isLast)) return socket;
      socket.resetAndDestroy();
    }
  }

  #mayCount(
    { remotePort: from, localPort: to }: net.Socket,
    isLast: boolean,
  ): boolean {
    if (from === undefined) return isLast; // it was reset
    const holders = Array.from(
      this.#programs(),
      (it) => it.whoConnected(from, to!),
    );
    return !holders.includes("another") &&
      (isLast || !holders.includes("closed"));
  }

  /** Resets all of them. */
  end(): void {
    const unknown = this.#unknown.map(({ socket }) => socket);
    for (const socket of [...this.#own, ...unknown]) socket.resetAndDestroy();
  }
}
