/**
 * The options of a server or a client that choose its network.
 *
 * @module
 */

import type { Network } from "../net.ts";

/** The certificate of a server. */
export interface Certificate {
  /** The certificate, and then those that it was signed with, in PEM. */
  cert: string;
  /** The private key of the certificate, in PEM. */
  key: string;
}

/** The options that choose a network. */
export interface NetworkOptions {
  /** The source of connections. By default, Deno: TCP. */
  network?: Network;
  /** The path of a Unix socket, which takes the place of an address. */
  path?: string;
}

/** The options of a server that choose its network. */
export interface ServerNetwork extends NetworkOptions {
  /** The certificate. With it, the server speaks TLS only. */
  tls?: Certificate;
}

/** The options of a client that choose its network. */
export interface ClientNetwork extends NetworkOptions {
  /** Whether it speaks TLS. `ca` has the certificates to trust in place of the usual ones, in PEM. By default, it does not. */
  tls?: boolean | { ca: string };
  /** The server's address. With TLS, its certificate must have this name. With `path`, it is only that name. By default 127.0.0.1, or localhost with `path`. */
  host?: string;
}
