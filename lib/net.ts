/**
 * The TCP interfaces that the server and the client use. Deno implements them.
 * Another network can, too.
 *
 * @module
 */

/** One end of a TCP connection. */
export interface Connection {
  /** Resolves to the number of bytes read, or `null` when the peer sends no more. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves to the number of bytes written, which may be fewer than all. */
  write(bytes: Uint8Array): Promise<number>;
  /** Half-closes the connection: tells the peer that no more is coming. */
  closeWrite(): Promise<void>;
  /** Closes both directions. A second call throws `BadResource`. */
  close(): void;
  /** Sends small writes at once instead of collecting them. Some connections always do. */
  setNoDelay?(on?: boolean): void;
  /** Asks the system to find out whether a silent peer is still there. Not all connections can. */
  setKeepAlive?(on?: boolean): void;
}

/** An address: an IP address and a port. */
export interface Address {
  /** The IP address. */
  hostname: string;
  /** The port. */
  port: number;
}

/** A connection from a client. */
export interface Accepted extends Connection {
  /** The client's address. */
  readonly remoteAddr: Address;
}

/** A socket that accepts clients. */
export interface Listener {
  /** The address it listens on. */
  readonly addr: Address;
  /** Resolves to the next client's connection. Rejects with `BadResource` or `Interrupted` when the listener is closed. */
  accept(): Promise<Accepted>;
  /** Stops listening. A second call throws `BadResource`. */
  close(): void;
}

/**
 * The source of connections: Deno, or a simulated network.
 *
 * @example A network that counts connections
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import type { Network } from "@rollcall/rollcall/net";
 *
 * let connections = 0;
 * const network: Network = {
 *   listen: (options) => Deno.listen(options),
 *   connect(options) {
 *     connections++;
 *     return Deno.connect(options);
 *   },
 * };
 * await using server = new Server({ network, port: 0 });
 * void server.run();
 * await using client = new Client({ network, port: server.addr.port });
 * await client.connect();
 * if (connections !== 1) throw new Error("not counted");
 * ```
 */
export interface Network {
  /** Listens. At most `tcpBacklog` clients may wait to be accepted. */
  listen(options: Address & { tcpBacklog: number }): Listener;
  /** Connects to a server. */
  connect(options: Address & { signal?: AbortSignal }): Promise<Connection>;
}

/** The default address of the server, for both sides. */
export const DEFAULT_ADDRESS: Readonly<Address> = {
  hostname: "127.0.0.1",
  port: 12_000,
};

/**
 * Returns the address in the options, with defaults for the missing parts. The path of a Unix socket takes its place.
 *
 * @example
 * ```ts
 * import { addressOf } from "@rollcall/rollcall/net";
 *
 * const { hostname, port } = addressOf({ port: 8080 });
 * if (hostname !== "127.0.0.1" || port !== 8080) throw new Error(hostname);
 * ```
 */
export function addressOf(
  options: { host?: string; port?: number; path?: string },
): Address {
  if (options.path !== undefined) return { hostname: options.path, port: 0 };
  return {
    hostname: options.host ?? DEFAULT_ADDRESS.hostname,
    port: options.port ?? DEFAULT_ADDRESS.port,
  };
}

/**
 * Returns an address as the lab writes it, such as `127.0.0.1/12000`. A path is all of the address of a Unix socket.
 *
 * @example
 * ```ts
 * import { addressOf, showAddress } from "@rollcall/rollcall/net";
 *
 * const shown = showAddress(addressOf({}));
 * if (shown !== "127.0.0.1/12000") throw new Error(shown);
 * ```
 */
export function showAddress({ hostname, port }: Address): string {
  const isPath = port === 0 && hostname.includes("/");
  return isPath ? hostname : `${hostname}/${port}`;
}

/**
 * Whether the error only means that one side has ended the connection.
 *
 * @example
 * ```ts
 * import { isDisconnect } from "@rollcall/rollcall/net";
 *
 * const errors = [new Deno.errors.ConnectionReset(), new TypeError("a bug")];
 * if (errors.map(isDisconnect).join() !== "true,false") throw errors[1];
 * ```
 */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.TimedOut ||
    error instanceof Deno.errors.UnexpectedEof ||
    isClosedHere(error);
}

/**
 * Whether our own `close()`, before or during the call, caused the error.
 *
 * @example
 * ```ts
 * import { isClosedHere } from "@rollcall/rollcall/net";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const accepting = listener.accept().catch((error) => error);
 * listener.close();
 * if (!isClosedHere(await accepting)) throw new Error("another error");
 * ```
 */
export function isClosedHere(error: unknown): boolean {
  return error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.BadResource;
}

const CLOSED = Symbol("closed");

/**
 * Closes a connection or listener, unless it is closed already.
 *
 * @example
 * ```ts
 * import { closeOnce } from "@rollcall/rollcall/net";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * closeOnce(listener);
 * closeOnce(listener); // a second `listener.close()` would throw
 * ```
 */
export function closeOnce(resource: { close(): void }): void {
  const marked: { close(): void; [CLOSED]?: true } = resource;
  if (marked[CLOSED]) return; // a second `close()` would throw, which is slow
  marked[CLOSED] = true;
  try {
    resource.close();
  } catch (error) {
    if (!isClosedHere(error)) throw error;
  }
}
