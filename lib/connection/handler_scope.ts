/**
 * Knows whether code runs in a handler, also after an `await` in it.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<object>();

/** Runs a handler of the server. */
export function runHandler<T>(server: object, handler: { run(): T }): T {
  return scope.run(server, () => handler.run());
}

/** Whether this code runs in a handler of the server, or was called by one. */
export function isInHandler(server: object): boolean {
  return scope.getStore() === server;
}
