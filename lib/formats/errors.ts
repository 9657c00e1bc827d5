/**
 * Errors that a peer causes. The message of a `PeerError` is for that peer to read.
 *
 * @module
 */

import type { LimitName } from "../limits.ts";
import type { Lookalike } from "./lookalike.ts";

/** Options of a {@linkcode PeerError}. */
export interface PeerErrorOptions {
  /** The error of the format's reader, if the message says in plain words what the bytes look like instead. */
  cause?: unknown;
  /** The limit that the peer exceeded, if that is the mistake. */
  limit?: LimitName;
  /** The name in the request, by which the operator knows the peer. */
  about?: string;
}

/** A peer's mistake. */
export class PeerError extends Error {
  /** The limit that the peer exceeded, if that is the mistake. */
  readonly limit: LimitName | undefined;
  /** The name in the request, by which the operator knows the peer. */
  readonly about: string | undefined;

  /** Makes an error whose message tells the peer what is wrong. */
  constructor(message: string, options: PeerErrorOptions = {}) {
    super(message, options);
    this.limit = options.limit;
    this.about = options.about;
  }
}

/**
 * The bytes are not a message, or the message does not belong to this protocol.
 * The connection cannot go on: the start of the next message is unknown, or the
 * peer speaks another protocol.
 */
export class ProtocolError extends PeerError {
  /** The class's name, as in `error.name`. */
  override name = "ProtocolError";
  /** What the bytes look like, if they look like something other than a message. */
  readonly looksLike: Lookalike | undefined;

  /** Makes an error whose message tells the peer what is wrong. */
  constructor(
    message: string,
    options: PeerErrorOptions & { looksLike?: Lookalike } = {},
  ) {
    super(message, options);
    this.looksLike = options.looksLike;
  }
}

/** TLS failed: the peer does not speak it, or its certificate is not trusted, or it takes too long. */
export class TlsError extends ProtocolError {
  /** The class's name, as in `error.name`. */
  override name = "TlsError";
}

/** The message decodes, but its request cannot be carried out. The connection goes on. */
export class RequestError extends PeerError {
  /** The class's name, as in `error.name`. */
  override name = "RequestError";
}

/** The connection ended before the expected message came. */
export class ConnectionEnded extends Error {
  /** The class's name, as in `error.name`. */
  override name = "ConnectionEnded";
}
