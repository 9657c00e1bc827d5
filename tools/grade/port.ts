/**
 * The port at which the program under test listens.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { readProc } from "./processes.ts";
import { NotStarted } from "./program.ts";

/** States of a connection that is over, and holds the port nevertheless; milliseconds for which it does at most, on Linux. */
const HOLDS = ["FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"];
const HELD_LONGEST = 65_000;
/** Milliseconds between two looks at the port. */
const LOOK = 50;

/** Somebody else listens at the port: that one would be graded. */
export class PortTaken extends NotStarted {
  /** The class's name, as in `error.name`. */
  override name = "PortTaken";

  /** Says which port is taken, and what can be done. */
  constructor(port: number) {
    super(
      `Port ${port} is taken by another program: end that, or name another ` +
        "port with --port",
    );
  }
}

/** @throws {PortTaken} If somebody listens at the port. */
export function refuseTaken(port: number): void {
  try {
    Deno.listen({ port, hostname: "127.0.0.1" }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new PortTaken(port);
  }
}

/** A port at which nobody listens. */
export function freePort(): number {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  listener.close();
  return listener.addr.port;
}

/** Whether somebody listens at the port, as far as it can be seen: on Linux. */
export function listensAt(port: number): boolean {
  return socketStates(port).includes("LISTEN");
}

/**
 * Waits until no connection of an earlier program holds the port: a server that
 * does not set SO_REUSEADDR could not be started there.
 */
export async function isLeft(port: number): Promise<void> {
  const begin = performance.now();
  const isHeld = () =>
    socketStates(port).some((state) => HOLDS.includes(state));
  while (isHeld() && performance.now() - begin < HELD_LONGEST) {
    await delay(LOOK);
  }
}

/** The states of the sockets whose own port is this, such as `LISTEN`. None are known but on Linux. */
export function socketStates(port: number): string[] {
  const own = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    readProc(table).split("\n").flatMap((line) => {
      const [, local, , state] = line.trim().split(/\s+/);
      return local?.endsWith(own) ? [STATES[state] ?? state] : [];
    })
  );
}

/** Of the kernel's names for the states of a socket, those that matter here. */
const STATES: Readonly<Record<string, string>> = {
  "01": "ESTABLISHED",
  "04": "FIN_WAIT1",
  "05": "FIN_WAIT2",
  "06": "TIME_WAIT",
  "08": "CLOSE_WAIT",
  "0A": "LISTEN",
};
