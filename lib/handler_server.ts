/**
 * The server, as its handlers see it.
 *
 * @module
 */

import type { LimitCounts, Limits } from "./limits.ts";
import type { Lock } from "./lock.ts";
import type { Watch } from "./events.ts";
import type { WireFormat } from "./formats/format.ts";

/** What a handler sees of the server that made it. */
export interface HandlerServer {
  /** The lock around what the handlers of this server share. */
  readonly writeLock: Lock;
  /** The format of the messages. */
  readonly wire: WireFormat;
  /** What a client is granted. */
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly reached: LimitCounts;
  /** Whether lines about single requests are left out. */
  readonly quiet: boolean;
  /** When any handler received requests last, on the clock of `performance.now()`. */
  heard: number;
  /** Is told what happens to each client, if anybody watches. */
  readonly watch: Watch | undefined;
  /** The id of a client with this source port: the port, or a number above the ports if that is taken. */
  freeClientId(port: number): number;
  /** Prints results, a line each, without waiting for their reader. */
  log(lines: readonly string[]): void;
  /** Reports one thing that the server's operator may want to know. */
  report(line: string): void;
}
