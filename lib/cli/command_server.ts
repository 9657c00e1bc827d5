/**
 * The server, as the command line uses it.
 *
 * @module
 */

import type { LimitHits, Limits } from "../limits.ts";
import type { Address } from "../net.ts";

/** The part of a server that the command line needs. */
export interface CommandServer {
  /** Where it listens. */
  readonly addr: Address;
  /** The clients that are connected. */
  readonly handlers: ReadonlyMap<
    number,
    { readonly clientIp: string; readonly queuedBytes: number }
  >;
  /** Its limits. */
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly limitHits: LimitHits;
  /** Begins to listen. */
  listen(): void;
  /** Serves clients until the server shuts down. */
  acceptClients(): Promise<void>;
  /** Shuts down in good order. */
  shutdown(): Promise<void>;
  /** Closes at once. */
  close(): void;
}
