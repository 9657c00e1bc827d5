/**
 * Ports that stay free between two starts of a server.
 *
 * @module
 */

/**
 * The ports to choose from. Systems give others to a program that asks for any
 * port, and to clients: Linux those from 32,768 on. So no program takes one of
 * these by chance while a server restarts.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** One of several shares of the ports: processes with different shares never choose the same port. */
export interface PortShare {
  /** Which one, from 0. */
  index: number;
  /** How many there are. */
  of: number;
}

/** Returns a port at which nothing listens. */
export function stablePort(
  { index, of }: PortShare = { index: 0, of: 1 },
): number {
  const count = Math.floor((LAST - FIRST) / of);
  for (;;) {
    const port = FIRST + index + of * Math.floor(Math.random() * count);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
