/**
 * The interface of the server for its handlers.
 *
 * @module
 */

import type { OnEvent } from "../events.ts";
import type { Message, WireFormat } from "../formats/format.ts";
import type { LimitHits, LimitName, Limits } from "../limits.ts";
import type { Lock } from "../lock.ts";

/**
 * A client that is being served, as the handlers of other clients see it.
 *
 * @example What one client says goes to all others
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import { FORMATS, type Message } from "@rollcall/rollcall/formats";
 *
 * class Room extends ClientHandler {
 *   protected override processRequest(text: Message): undefined {
 *     for (const other of this.server.handlers.values()) {
 *       if (other.clientId !== this.clientId) other.push(text);
 *     }
 *   }
 * }
 * const wire = FORMATS.json;
 * await using server = new Server({ port: 0, wire, clientHandler: Room });
 * void server.run();
 * await using alice = new Client({ port: server.addr.port, wire });
 * await using bob = new Client({ port: server.addr.port, wire });
 * for (const client of [alice, bob]) await client.connect();
 * await alice.send("Tea?");
 * if (await bob.receive() !== "Tea?") throw new Error("another message");
 * ```
 */
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

/**
 * What a reported line is about.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Peer } from "@rollcall/rollcall/testing";
 *
 * const reasons: string[] = [];
 * await using server = new Server({
 *   port: 0,
 *   report: (line, about) => reasons.push(`${about?.address}: ${line}`),
 * });
 * void server.run();
 * using peer = await Peer.greeted(server.addr);
 * await peer.sendBytes(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
 * await peer.receiveAll();
 * if (!reasons[0].startsWith("127.0.0.1: ")) throw new Error(reasons[0]);
 * ```
 */
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
