/**
 * Knows whether code runs for a request, also after an `await` in it.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<object>();

/** Calls `process` for a request to a server. */
export function runInHandlerOf<T>(server: object, process: () => T): T {
  return scope.run(server, process);
}

/** Whether this code runs for a request to the server. */
export function isInHandlerOf(server: object): boolean {
  return scope.getStore() === server;
}
