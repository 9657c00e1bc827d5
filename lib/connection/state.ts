/**
 * The states of a connection.
 *
 * @module
 */

/**
 * The states, in the order in which a connection passes through them. It may
 * skip some, and never goes back. `MessageConnection` alone changes the state.
 */
export enum State {
  /** Messages are read and processed, answers are written. */
  Open,
  /** No further message is decoded. Those that were are answered. */
  NotReading,
  /** The peer sends no more, or a read failed. What it sent is answered. */
  PeerEnded,
  /** No message is processed any more. Queued bytes are written, incoming bytes are dropped. */
  Flushing,
  /** All is written, and the peer is told so. Incoming bytes are dropped until the peer ends. */
  Lingering,
  /**
   * A write failed: the peer takes no more. The handler learns of it when it next
   * sends. It stands here, since it can follow any state above.
   */
  PeerGone,
  /** Nothing is read or written. */
  Closed,
}
