/**
 * The states of a connection.
 *
 * @module
 */

import type { CloseReason } from "../events.ts";

/**
 * The states, in the order in which a connection passes through them. It may
 * skip some but never goes back. Only `MessageConnection` changes the state.
 */
export enum State {
  /** Messages are read and processed. Answers are written. */
  Open,
  /** Nothing more is read. Messages already read are decoded and answered. */
  NotReading,
  /** The peer sends no more, or a read failed. Messages already decoded are answered. */
  PeerEnded,
  /** No message is processed any more. Queued bytes are written, incoming bytes are dropped. */
  Flushing,
  /** Everything is written, and the connection is half-closed. Incoming bytes are dropped until the peer ends. */
  Lingering,
  /**
   * A write failed: the peer accepts no more bytes. The next send by the handler
   * throws. This state can follow any state above, so it comes after them.
   */
  PeerGone,
  /** Nothing is read or written. */
  Closed,
}

/** The close reason of a connection that enters a state and has no reason yet. */
export const CLOSE_REASON: { readonly [state in State]?: CloseReason } = {
  [State.PeerEnded]: "client",
  [State.Flushing]: "server",
  [State.PeerGone]: "gone",
  [State.Closed]: "server",
};

/** The longest times of the last states, and of a handshake, in milliseconds. */
export const LONGEST = {
  /** How long the peer may accept nothing in state Flushing. */
  flushIdle: 5_000,
  /** How long the peer may be silent in state Lingering. Then we assume that it has ended. */
  lingerIdle: 250,
  /** How long the peer may go on sending in state Lingering. */
  linger: 3_000,
  /** How long a TLS handshake may take. A client without TLS that waits 10 s for a greeting learns in time that it needs it. */
  handshake: 8_000,
} as const;
