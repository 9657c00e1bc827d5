/**
 * The address of a roster in Redis.
 *
 * @module
 */

import { StoreError } from "./store.ts";

/** Where a Redis is. */
export interface RedisAddress {
  /** The host's name or address. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** Whether the connection is encrypted. */
  readonly tls: boolean;
  /** The number of the database. */
  readonly database: number;
  /** The user's name, if Redis has several users. */
  readonly username: string | undefined;
}

const DEFAULT_PORT = 6379;
const PASSWORD_IN_ADDRESS =
  "The password must not be in the address, where every user of this machine can " +
  "read it: put it into a file, or into ROLLCALL_REDIS_PASSWORD";
const FORM = "redis://host:6379/0, or rediss://host:6379/0 with encryption";

/** Whether a text should be the address of a Redis. */
export function isRedisAddress(text: string): boolean {
  return /^rediss?:/i.test(text);
}

/**
 * Reads `redis://user@host:port/database`, or `rediss://` for an encrypted connection.
 *
 * @throws {StoreError} If it is not such an address, or has a password in it. The
 * message does not repeat the address, which may have a password in it.
 */
export function parseRedisAddress(text: string): RedisAddress {
  // Not from the parsed URL: a password with a special character may leave none.
  if (/^\w+:\/\/.*:.*@/s.test(text)) throw new StoreError(PASSWORD_IN_ADDRESS);
  const address = isRedisAddress(text) && URL.canParse(text)
    ? toAddress(new URL(text))
    : undefined;
  if (address) return address;
  throw new StoreError(`The roster's address must be like ${FORM}`);
}

/** Returns the parts of the address, or `undefined` if a part is wrong. */
function toAddress(url: URL): RedisAddress | undefined {
  const [, database] = url.pathname.match(/^\/?(\d{0,9})$/) ?? [];
  const hasMore = url.search !== "" || url.hash !== "";
  if (!url.hostname || database === undefined || hasMore) return;
  const username = decoded(url.username);
  if (url.port === "0" || username === undefined) return;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || DEFAULT_PORT),
    tls: url.protocol === "rediss:",
    database: Number(database),
    username: username || undefined,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
