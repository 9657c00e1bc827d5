/**
 * The interface of the server for its handlers.
 *
 * @module
 */

import type { OnEvent } from "../events.ts";
import type { Message, WireFormat } from "../formats/format.ts";
import type { LimitHits, LimitName, Limits } from "../limits.ts";
import type { Lock } from "../lock.ts";

/** A client that is being served, as the handlers of other clients see it. */
export interface ConnectedClient<Out> {
  /** The client's id. */
  readonly clientId: number;
  /** The client's IP address. */
  readonly clientIp: string;
  /** Bytes that the client has not accepted yet. */
  readonly queuedBytes: number;
  /** Sends a message that answers nothing, without waiting. Returns false if the client is gone. */
  push(message: Out): boolean;
}

/** What a reported line is about. */
export interface Reported {
  /** The client's id. */
  readonly client: number;
  /** The client's IP address. */
  readonly address: string;
  /** The client's name, if it has sent one. */
  readonly name?: string;
  /** The limit that the client reached, if the line is about one. */
  readonly limit?: LimitName;
  /** What the handler threw, if the line is about its failure. */
  readonly error?: unknown;
}

/** Reports a line about a client. `about` says what else is known. */
export type Report = (
  line: string,
  about?: Omit<Reported, "client" | "address">,
) => void;

/** The part of a server that its handlers use. */
export interface HandlerServer<In = Message, Out = In> {
  /** The handlers of all clients that are being served, by the client's id. */
  readonly handlers: ReadonlyMap<number, ConnectedClient<Out>>;
  /** The lock that protects what the handlers of this server share. */
  readonly writeLock: Lock;
  /** The format of the messages. */
  readonly wire: WireFormat<In, Out>;
  /** The limits for clients. */
  readonly limits: Readonly<Limits>;
  /** How often each limit was reached. */
  readonly limitHits: LimitHits;
  /**
   * Whether to omit the lines about accepted requests and about clients that
   * leave.
   */
  readonly quiet: boolean;
  /** Called for every client event. */
  readonly onEvent: OnEvent | undefined;
  /**
   * Returns an id for a client with this source port: the port, or a number
   * above all ports if that id is in use.
   */
  freeClientId(port: number): number;
  /** Ends the server without losing requests. A handler need not wait for it: it resolves at once there. */
  shutdown(): Promise<void>;
  /** Prints lines of results without blocking. */
  log(lines: readonly string[]): void;
  /** Reports a line to the server's operator. `about` says which client it is about, if any. */
  report(line: string, about?: Reported): void;
}
