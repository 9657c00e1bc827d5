/**
 * The events of a server's clients, which `deno task trace` draws.
 *
 * @module
 */

/** One step in the service of a client. */
export type ServerEvent =
  /** The client was accepted. It may still be rejected. */
  | { type: "accepted" }
  /** A read brought `bytes`, which completed `messages`. */
  | { type: "read"; bytes: number; messages: number }
  /** Reading pauses until the client has taken the `bytes` that are queued for it. */
  | { type: "full"; bytes: number }
  /** Messages of so many `bytes` together were queued. */
  | { type: "queued"; bytes: number; messages: number }
  /** A write took `bytes`. */
  | { type: "written"; bytes: number }
  /** The connection was closed. */
  | { type: "closed" };

/**
 * Called for every client event, with the client's id. It must return soon,
 * since the client waits meanwhile. What it throws is ignored.
 */
export type OnEvent = (client: number, event: ServerEvent) => void;

/** What a connection calls. */
export interface ConnectionHooks {
  /** Called when the peer is too slow, or too much is queued for it. */
  onLimit?(error: Error): void;
  /** Called for every event. */
  onEvent?(event: ServerEvent): void;
}

/**
 * The same function, but it never throws and its promise never rejects. For
 * functions of other people that are called where no caller could catch.
 */
export function ignoringErrors<Args extends unknown[]>(
  call: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      const returned: unknown = call(...args);
      if (returned instanceof Promise) returned.catch(() => {});
    } catch {
      // These functions report errors, so there is nowhere to report to.
    }
  };
}
