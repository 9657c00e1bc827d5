/**
 * How a peer can be wrong. The message of each goes back to that peer.
 *
 * @module
 */

import type { LimitName } from "../limits.ts";

/** Something that a peer did wrong. */
export class PeerError extends Error {
  /** The limit that the peer went over, if that is what is wrong. */
  readonly limit: LimitName | undefined;

  /** Says what is wrong, in words for the peer. */
  constructor(message: string, { limit }: { limit?: LimitName } = {}) {
    super(message);
    this.limit = limit;
  }
}

/**
 * The bytes are no message, or the message is not one that this protocol
 * knows. The connection cannot go on: where the next message begins is unknown,
 * or the peer speaks another protocol.
 */
export class ProtocolError extends PeerError {
  /** The class's name, as in `error.name`. */
  override name = "ProtocolError";
}

/** A message that decodes, and asks for what cannot be done. The connection goes on. */
export class RequestError extends PeerError {
  /** The class's name, as in `error.name`. */
  override name = "RequestError";
}

/** The connection ended before the message that was waited for. */
export class ConnectionEnded extends Error {
  /** The class's name, as in `error.name`. */
  override name = "ConnectionEnded";
}
