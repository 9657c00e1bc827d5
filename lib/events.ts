/**
 * The events of a server's clients. `deno task trace` shows them.
 *
 * @module
 */

import type { LimitName } from "./limits.ts";

/**
 * Why a connection was closed: the name of the limit that its client reached, or
 *
 * - `client`: the client has ended the connection in good order.
 * - `gone`: the client is gone: a reset, or a failed write.
 * - `refused`: the client received an error that ends the connection.
 * - `failed`: the handler failed: it threw something else than a `PeerError`.
 * - `server`: the server or the handler ended the connection.
 */
export type CloseReason =
  | LimitName
  | "client"
  | "gone"
  | "refused"
  | "failed"
  | "server";

/**
 * One event of a client, by its `type`:
 *
 * - `accepted`: the client was accepted, from this IP address. It may still be rejected.
 * - `read`: a read returned this many bytes, which completed this many messages.
 * - `full`: reading pauses until the client has accepted the bytes that are queued for it.
 * - `queued`: at most this many messages were queued, with this many bytes in total.
 * - `written`: a write accepted this many bytes.
 * - `refused`: the client was told that a request, or all of them, is refused.
 * - `closed`: the connection was closed.
 */
export type ServerEvent =
  | { type: "accepted"; ip: string }
  | { type: "read"; bytes: number; messages: number }
  | { type: "full"; bytes: number }
  | { type: "queued"; bytes: number; messages: number }
  | { type: "written"; bytes: number }
  | { type: "refused"; error: Error }
  | { type: "closed"; reason: CloseReason };

/**
 * Called for every client event, with the client's id. It must return quickly,
 * because all clients wait until it does. Errors that it throws are ignored.
 *
 * @example Counting what clients send
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 *
 * let bytes = 0;
 * await using server = new Server({
 *   port: 0,
 *   onEvent(_client, event) {
 *     if (event.type === "read") bytes += event.bytes;
 *   },
 * });
 * void server.run();
 * await using client = new Client({ port: server.addr.port });
 * await client.connect();
 * await client.request({ student_name: "Alice Brown", github_username: "abrown", sid: 1 });
 * if (bytes === 0) throw new Error("nothing was read");
 * ```
 */
export type OnEvent = (client: number, event: ServerEvent) => void;

/** The callbacks of a connection. */
export interface ConnectionHooks {
  /** Called when the peer has reached a limit that ends the connection. */
  onLimit?(error: Error): void;
  /** Called when sending begins to wait for the peer. */
  onFull?(): void;
  /** Called for every event. */
  onEvent?(event: ServerEvent): void;
}

/**
 * Returns a function that calls `call` and ignores its errors and rejections.
 * Used for callbacks from outside, where no caller could catch an error.
 */
export function ignoringErrors<Args extends unknown[]>(
  call: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      const returned: unknown = call(...args);
      if (returned instanceof Promise) returned.catch(() => {});
    } catch {
      // The error reporter itself may have failed: there is nowhere to report to.
    }
  };
}

/** What a peer has sent until now. Bytes are a message that is incomplete, or not decoded yet. */
export type Sent = "nothing" | "bytes" | "messages";
