/**
 * The server, as its handlers see it.
 *
 * @module
 */

import type { OnEvent } from "../events.ts";
import type { WireFormat } from "../formats/format.ts";
import type { LimitHits, Limits } from "../limits.ts";
import type { Lock } from "../lock.ts";

/** The part of a server that its handlers use. */
export interface HandlerServer {
  /** The lock around what the handlers of this server share. */
  readonly writeLock: Lock;
  /** The format of the messages. */
  readonly wire: WireFormat;
  /** What a client may use. */
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly limitHits: LimitHits;
  /** Whether lines about single requests are left out. */
  readonly quiet: boolean;
  /** Called for every client event. */
  readonly onEvent: OnEvent | undefined;
  /** The id of a client with this source port: the port, or a number above the ports if that is taken. */
  freeClientId(port: number): number;
  /** Prints results, a line each, without waiting for their reader. */
  log(lines: readonly string[]): void;
  /** Reports something to the server's operator. */
  report(line: string): void;
}
