/**
 * Opens the store that an address names.
 *
 * @module
 */

import { MemoryStore } from "./memory.ts";
import { type Store, StoreError } from "./store.ts";

/** An address that is no path of a file. */
const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/**
 * Opens a store to record in it. No address is memory; otherwise it is a file's path.
 * Each store's code is loaded only if it is used.
 *
 * @throws {StoreError} If it cannot be opened.
 */
export async function openStore(address: string | undefined): Promise<Store> {
  if (!address) return new MemoryStore();
  checkScheme(address);
  const { FileStore } = await import("./file.ts");
  return FileStore.open(address);
}

/** Reads all rows of a store that a server may use at the same time. @throws {StoreError} If it cannot. */
export async function readStore(address: string): Promise<Store> {
  checkScheme(address);
  const { readFile } = await import("./file.ts");
  return readFile(address);
}

/** Deletes all rows of a `sid`. Resolves to how many there were. @throws {StoreError} If it cannot. */
export async function forgetIn(address: string, sid: string): Promise<number> {
  checkScheme(address);
  const { forgetInFile } = await import("./file.ts");
  return forgetInFile(address, sid);
}

function checkScheme(address: string): void {
  const [, scheme] = address.match(SCHEME) ?? [];
  if (scheme === undefined) return;
  throw new StoreError(
    `Cannot open ${address}: a roster is a file, as data/class.db, or redis://HOST:PORT/NUMBER`,
  );
}
