/**
 * The port at which the program under test listens.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { readProc } from "./processes.ts";
import { NotStarted } from "./program.ts";

/**
 * The states in which a closed connection still occupies the port, and for how
 * many milliseconds it does so at most, on Linux.
 */
const HOLDS = ["FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"];
const HELD_LONGEST = 65_000;
/** Milliseconds between two polls of the port. */
const LOOK = 50;

/** Another program listens at the port, and would be graded instead. */
export class PortTaken extends NotStarted {
  /** The class's name, as in `error.name`. */
  override name = "PortTaken";

  /** Names the port, and says what the user can do. */
  constructor(port: number) {
    super(
      `Port ${port} is taken by another program: end it, or choose another ` +
        "port with --port",
    );
  }
}

/** @throws {PortTaken} If a program listens at the port. */
export function refuseTaken(port: number): void {
  try {
    Deno.listen({ port, hostname: "127.0.0.1" }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new PortTaken(port);
  }
}

/** Whether a program listens at the port. Always false on systems other than Linux. */
export function listensAt(port: number): boolean {
  return socketStates(port).includes("LISTEN");
}

/**
 * Waits until no connection of an earlier program occupies the port: a server
 * that does not set SO_REUSEADDR could not start there.
 *
 * @param signal Ends the wait, which then rejects with its reason.
 */
export async function isLeft(port: number, signal: AbortSignal): Promise<void> {
  const begin = performance.now();
  const isHeld = () =>
    socketStates(port).some((state) => HOLDS.includes(state));
  while (isHeld() && performance.now() - begin < HELD_LONGEST) {
    signal.throwIfAborted();
    await delay(LOOK);
  }
}

/** Returns the states of all sockets with this local port, such as `LISTEN`. Empty on systems other than Linux. */
export function socketStates(port: number): string[] {
  const own = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readProc(table).split("\n").flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return local?.endsWith(own) ? [STATES[state] ?? state] : [];
    })
  );
}

/** The kernel's codes for the socket states that matter here. */
const STATES: Readonly<Record<string, string>> = {
  "01": "ESTABLISHED",
  "04": "FIN_WAIT1",
  "05": "FIN_WAIT2",
  "06": "TIME_WAIT",
  "08": "CLOSE_WAIT",
  "0A": "LISTEN",
};
