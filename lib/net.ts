/**
 * What the server and the client need of TCP. Deno itself satisfies these
 * interfaces, and so can others.
 *
 * @module
 */

/** One end of a TCP connection. */
export interface Connection {
  /** Resolves to how many bytes came, or `null` once the peer sends no more. */
  read(into: Uint8Array): Promise<number | null>;
  /** Resolves to how many bytes were taken, which may be fewer than all. */
  write(bytes: Uint8Array): Promise<number>;
  /** Tells the peer that no more is coming. */
  closeWrite(): Promise<void>;
  /** Ends both directions. Throws `BadResource` the second time. */
  close(): void;
  /** Sends small writes at once instead of collecting them. */
  setNoDelay(on?: boolean): void;
}

/** An address: an IP address and a port. */
export interface Address {
  /** The IP address. */
  hostname: string;
  /** The port. */
  port: number;
}

/** A connection that came from a client. */
export interface Accepted extends Connection {
  /** The client's address. */
  readonly remoteAddr: Address;
}

/** What clients connect to. */
export interface Listener {
  /** Where it listens. */
  readonly addr: Address;
  /** Resolves to the next client's connection. Rejects with `BadResource` or `Interrupted` once it is closed. */
  accept(): Promise<Accepted>;
  /** Listens no more. Throws `BadResource` the second time. */
  close(): void;
}

/** Where connections come from: Deno, or a network that is made up. */
export interface Network {
  /** Listens; `tcpBacklog` clients may wait to be accepted. */
  listen(options: Address & { tcpBacklog: number }): Listener;
  /** Connects to a server. */
  connect(options: Address & { signal?: AbortSignal }): Promise<Connection>;
}

/** Where the server listens unless told otherwise, and the client looks for it. */
export const DEFAULT_ADDRESS: Readonly<Address> = {
  hostname: "127.0.0.1",
  port: 12_000,
};

/** The address that options name, or as far as they do not, the default. */
export function addressOf(options: { host?: string; port?: number }): Address {
  return {
    hostname: options.host ?? DEFAULT_ADDRESS.hostname,
    port: options.port ?? DEFAULT_ADDRESS.port,
  };
}

/** An address as the lab writes it, such as `127.0.0.1/12000`. */
export function showAddress({ hostname, port }: Address): string {
  return `${hostname}/${port}`;
}

/** Whether the error only says that the connection is over, at either end. */
export function isDisconnect(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.TimedOut ||
    error instanceof Deno.errors.UnexpectedEof ||
    isClosedHere(error);
}

/** Whether the error comes of our own `close()`, before or during the call. */
export function isClosedHere(error: unknown): boolean {
  return error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.BadResource;
}

/** Closes a connection or listener, unless it is closed already. */
export function closeOnce(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!isClosedHere(error)) throw error;
  }
}
