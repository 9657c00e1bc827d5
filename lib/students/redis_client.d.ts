/**
 * What this project uses of `@redis/client`, whose own declarations need those of
 * Node.
 *
 * @module
 */

/** A connection to Redis. */
export interface Client {
  /** Whether commands can be sent. */
  readonly isReady: boolean;
  /** Connects, and logs in. */
  connect(): Promise<unknown>;
  /** Sends a command. Resolves to the reply. */
  sendCommand(args: readonly string[]): Promise<unknown>;
  /** Listens for errors of the connection. */
  on(event: "error", listener: () => void): unknown;
  /** Closes the connection at once. */
  destroy(): void;
}

/** Makes a client, which does not connect yet. */
export declare function createClient(
  options: Readonly<Record<string, unknown>>,
): Client;

/** An error that Redis has sent. */
export declare class ErrorReply extends Error {}
