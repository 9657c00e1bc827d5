/**
 * Notices that the peer is gone, also while no one receives.
 *
 * Only a read or a write notices it. So for a handler that wants to know, one
 * read is pending while requests are being processed.
 *
 * @module
 */

import type { Connection } from "../net.ts";

/** Reads from one connection, and knows whether its peer is gone. */
export class PeerWatch {
  #conn: Connection;
  #pending: Promise<number | null> | undefined;
  #controller: AbortController | undefined;
  #isGone = false;

  /** Creates the watch of one connection. */
  constructor(conn: Connection) {
    this.#conn = conn;
  }

  /** Aborted when the peer is gone. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isGone) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Whether someone has asked for the signal. */
  get isOn(): boolean {
    return this.#controller !== undefined;
  }

  /** Whether this is the reason with which the signal was aborted. */
  isReason(error: unknown): boolean {
    const signal = this.#controller?.signal;
    return signal?.aborted === true && signal.reason === error;
  }

  /** Notes that the peer is gone. */
  noteGone(): void {
    this.#isGone = true;
    this.#controller?.abort();
  }

  /** Returns the read that has begun, or else begins one into `room`. */
  read(room: Uint8Array): Promise<number | null> {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending ?? this.#conn.read(room);
  }

  /** Begins a read into `room`, which must stay as it is until {@linkcode read}. */
  readAhead(room: Uint8Array): void {
    if (this.#pending) return;
    this.#pending = this.#conn.read(room);
    this.#pending.catch(() => this.noteGone());
  }
}
