/**
 * Opens the store that an address names.
 *
 * @module
 */

import { MemoryStore } from "./memory.ts";
import { isRedisAddress } from "./redis_address.ts";
import { type Store, StoreError } from "./store.ts";

/** How to open a store in a database. */
export interface StoreOptions {
  /** The password. */
  readonly password?: string;
  /** Certificates to trust, as PEM text, instead of those that Deno trusts. */
  readonly ca?: string;
  /** Receives a line if the database may lose what it has confirmed. */
  readonly warn?: (line: string) => void;
}

/**
 * Opens a store to record in it. No address is memory; otherwise it is the address of
 * Redis, or a file's path. Each store's code is loaded only if it is used.
 *
 * @throws {StoreError} If it cannot be opened.
 */
export async function openStore(
  address: string | undefined,
  options: StoreOptions = {},
): Promise<Store> {
  if (!address) return new MemoryStore();
  if (isDatabase(address)) {
    const { RedisStore } = await import("./redis.ts");
    return await RedisStore.open(address, options);
  }
  const { FileStore } = await import("./file.ts");
  return FileStore.open(address);
}

/** Opens a store only to read it. A server may use it at the same time. @throws {StoreError} If it cannot be opened. */
export async function readStore(
  address: string,
  options: StoreOptions = {},
): Promise<Store> {
  if (isDatabase(address)) return await openStore(address, options);
  const { readFile } = await import("./file.ts");
  return readFile(address);
}

/** Deletes all rows of a `sid`, also while a server uses the store. Resolves to how many there were. @throws {StoreError} If it cannot. */
export async function forgetIn(
  address: string,
  sid: string | null,
  options: StoreOptions = {},
): Promise<number> {
  if (isDatabase(address)) {
    const { RedisStore } = await import("./redis.ts");
    const store = await RedisStore.open(address, options);
    return await store.forget(sid).finally(() => store.close());
  }
  const { forgetInFile } = await import("./file.ts");
  return forgetInFile(address, sid);
}

/** Whether it is the address of Redis, and not a file's path. @throws {StoreError} If it is that of something else. */
function isDatabase(address: string): boolean {
  if (isRedisAddress(address)) return true;
  const [, scheme] = address.match(/^([a-z][a-z0-9+.-]+):\/\//i) ?? [];
  if (scheme === undefined) return false;
  throw new StoreError(
    `Cannot open a roster at ${scheme}://: it is a file, as data/class.db, ` +
      "or redis://HOST:PORT/NUMBER",
  );
}
