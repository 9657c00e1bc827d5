/**
 * Watching a server at work: what `deno task trace` draws.
 *
 * @module
 */

/** What happens on the way of a request, and what counts there. */
export type ServerEvent =
  /** The accept loop took a client in. */
  | { what: "accepted" }
  /** A read brought `bytes`, which made `messages` whole. */
  | { what: "read"; bytes: number; messages: number }
  /** Nothing is read any more until the client has taken the `bytes` that wait for it. */
  | { what: "full"; bytes: number }
  /** Messages of so many `bytes` in all are to be written. */
  | { what: "queued"; bytes: number; messages: number }
  /** A write took `bytes`. */
  | { what: "written"; bytes: number }
  /** The connection closed. */
  | { what: "closed" };

/**
 * Is told what happens to each client, by its id. It must return soon: it is
 * called in the middle of things. What it throws is dropped.
 */
export type Watch = (client: number, event: ServerEvent) => void;
