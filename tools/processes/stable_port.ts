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

/** Returns a port at which nothing listens. */
export function stablePort(): number {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
