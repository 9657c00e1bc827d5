/**
 * Unix sockets, by the interfaces of a network.
 *
 * @module
 */

import type { Accepted, Address, Listener, Network } from "../net.ts";

/** Only the owner of the server may connect. */
const OWNER_ONLY = 0o600;

/**
 * Returns the network of one Unix socket. The path is its address, and a number that no
 * other client has is in place of a client's port.
 */
export function unixNetwork(path: string): Network {
  return {
    listen: () => new UnixListener(path),
    async connect({ signal }) {
      signal?.throwIfAborted();
      return await Deno.connect({ transport: "unix", path });
    },
  };
}

/** Listens on a Unix socket, whose file is there until it closes. */
class UnixListener implements Listener {
  readonly addr: Address;
  #lock: Deno.FsFile;
  #listener: Deno.UnixListener;
  #accepted = 0;

  /** @throws {Deno.errors.AddrInUse} If another server listens there, or the file is none of a socket. */
  constructor(path: string) {
    // With a slash, it is recognized as a path where it is shown.
    const hostname = path.includes("/") ? path : `./${path}`;
    this.addr = { hostname, port: 0 };
    this.#lock = lockOf(path);
    try {
      removeSocket(path); // of a server that could not remove it
      this.#listener = Deno.listen({ transport: "unix", path });
      Deno.chmodSync(path, OWNER_ONLY);
    } catch (error) {
      this.#lock.close();
      throw error;
    }
  }

  async accept(): Promise<Accepted> {
    const conn = await this.#listener.accept();
    const { hostname } = this.addr;
    const remoteAddr = { hostname, port: ++this.#accepted };
    // Its own is the path of the client, which has none.
    Object.defineProperty(conn, "remoteAddr", { value: remoteAddr });
    return conn as Deno.Conn<never> as Accepted;
  }

  close(): void {
    this.#listener.close();
    removeSocket(this.addr.hostname);
    this.#lock.close();
  }
}

/** Locks a file beside the socket. The system releases the lock when the server ends, whatever ends it. */
function lockOf(path: string): Deno.FsFile {
  const lock = Deno.openSync(`${path}-lock`, { create: true, write: true });
  if (lock.tryLockSync(true)) return lock;
  lock.close();
  throw new Deno.errors.AddrInUse(`Another server listens at ${path}`);
}

/** Removes a socket. Another file stays, so that nothing can listen there. */
function removeSocket(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
