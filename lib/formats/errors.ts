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

/**
 * A peer's mistake.
 *
 * @example A response of your own to every mistake
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import { FORMATS, type PeerError } from "@rollcall/rollcall/formats";
 * import { type Message, RequestError } from "@rollcall/rollcall/formats";
 *
 * class Rooms extends ClientHandler {
 *   protected override processRequest(): never {
 *     throw new RequestError("There is no such room");
 *   }
 *   protected override errorResponse({ message }: PeerError): Message {
 *     return { ok: false, why: message };
 *   }
 * }
 * const wire = FORMATS.json;
 * await using server = new Server({ port: 0, wire, clientHandler: Rooms });
 * void server.run();
 * await using client = new Client({ port: server.addr.port, wire });
 * await client.connect();
 * console.log(await client.request("tea")); // { ok: false, why: "There is ..." }
 * ```
 */
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
 *
 * @example A format that refuses other bytes
 * ```ts
 * import { ProtocolError, type WireFormat } from "@rollcall/rollcall/formats";
 * import { DEFAULT_LIMITS } from "@rollcall/rollcall/limits";
 *
 * const digits: WireFormat<number> = {
 *   name: "digits",
 *   reader: () => ({
 *     read(bytes, end, messages) {
 *       for (const digit of bytes.subarray(0, end).map((byte) => byte - 0x30)) {
 *         if (digit > 9) throw new ProtocolError("Send digits only");
 *         messages.push(digit);
 *       }
 *       return end;
 *     },
 *   }),
 *   write: (digit, sink) => sink.byte(0x30 + digit),
 * };
 * const messages: number[] = [];
 * digits.reader(DEFAULT_LIMITS).read(new TextEncoder().encode("42"), 2, messages);
 * if (messages.join() !== "4,2") throw new Error(messages.join());
 * ```
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

/**
 * TLS failed: the peer does not speak it, or its certificate is not trusted, or it takes too long.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { TlsError } from "@rollcall/rollcall/formats";
 *
 * await using server = new Server({ port: 0 }); // it has no certificate
 * void server.run();
 * await using client = new Client({ port: server.addr.port, tls: true });
 * const error = await client.connect().catch((error) => error);
 * if (!(error instanceof TlsError)) throw new Error("it speaks TLS");
 * ```
 */
export class TlsError extends ProtocolError {
  /** The class's name, as in `error.name`. */
  override name = "TlsError";
}

/**
 * The message decodes, but its request cannot be carried out. The connection goes on.
 *
 * @example A request that is refused, and one that is answered
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import { FORMATS, type Message, RequestError } from "@rollcall/rollcall/formats";
 *
 * class Root extends ClientHandler {
 *   protected override processRequest(request: Message): Message {
 *     if (typeof request === "number") return Math.sqrt(request);
 *     throw new RequestError("Send a number");
 *   }
 * }
 * const wire = FORMATS.json;
 * await using server = new Server({ port: 0, wire, clientHandler: Root });
 * void server.run();
 * await using client = new Client({ port: server.addr.port, wire });
 * await client.connect();
 * console.log(await client.request("tea")); // { error: "Send a number" }
 * if (await client.request(16) !== 4) throw new Error("another root");
 * ```
 */
export class RequestError extends PeerError {
  /** The class's name, as in `error.name`. */
  override name = "RequestError";
}

/**
 * The connection ended before the expected message came.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ConnectionEnded } from "@rollcall/rollcall/formats";
 *
 * const server = new Server({ port: 0 });
 * void server.run();
 * await using client = new Client({ port: server.addr.port });
 * await client.connect();
 * await server.shutdown();
 * const error = await client.request(null).catch((error) => error);
 * if (!(error instanceof ConnectionEnded)) throw new Error("it has a response");
 * ```
 */
export class ConnectionEnded extends Error {
  /** The class's name, as in `error.name`. */
  override name = "ConnectionEnded";
}
