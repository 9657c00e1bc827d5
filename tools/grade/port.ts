/**
 * The port at which the program under test listens.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { endLeftovers } from "./processes.ts";
import { NotStarted } from "./program.ts";
import { holds, socketsAt } from "./sockets.ts";

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

/**
 * Makes sure that nothing listens at the port. What an earlier program of this
 * grader left there is ended.
 *
 * @throws {PortTaken} If another program listens there.
 */
export async function clearPort(port: number): Promise<void> {
  const listening = () =>
    socketsAt(port).filter(({ state }) => state === "LISTEN");
  if (listening().length > 0) {
    await endLeftovers((pid) => holds(pid, listening()));
  }
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
 * @param onWait Called when it begins to wait, and when it goes on.
 */
export async function isLeft(
  port: number,
  signal: AbortSignal,
  onWait: (isWaiting: boolean) => void,
): Promise<void> {
  const begin = performance.now();
  const isHeld = () =>
    socketStates(port).some((state) => HOLDS.includes(state));
  if (!isHeld()) return;
  onWait(true);
  while (isHeld() && performance.now() - begin < HELD_LONGEST) {
    signal.throwIfAborted();
    await delay(LOOK);
  }
  onWait(false);
}

/** Returns the states of all sockets with this local port, such as `LISTEN`. Empty on systems other than Linux. */
export function socketStates(port: number): string[] {
  return socketsAt(port).map(({ state }) => state);
}
