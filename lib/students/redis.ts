/**
 * A roster's rows in Redis, or in Valkey. Several servers can share them.
 *
 * It is loaded only if a roster is kept there, because it needs `@redis/client`.
 *
 * @module
 */

import { parseRedisAddress } from "./redis_address.ts";
import {
  type ConnectionOptions,
  RedisConnection,
  type SendCommand,
} from "./redis_connection.ts";
import { toStoreError, whyUnreachable } from "./redis_errors.ts";
import {
  argsOfForget,
  FORGET,
  KEYS,
  readRow,
  RECORD,
  RowsToRecord,
  VERSION,
} from "./redis_script.ts";
import { type Batch, type Identity, type Row, rowKey } from "./row.ts";
import { type Recorded, type Store, StoreError, type Totals } from "./store.ts";

/** How to connect. */
export interface RedisOptions extends ConnectionOptions {
  /** Receives a line for each way in which Redis may lose what it has confirmed. */
  readonly warn?: (line: string) => void;
}

const [STUDENTS, SIDS, TOTALS] = KEYS;

/** The settings that say whether Redis keeps what it has confirmed. */
const SETTINGS = [
  "appendonly",
  "appendfsync",
  "maxmemory",
  "maxmemory-policy",
] as const;

/** How many rows Redis reads at once, so that it can do other work in between. */
const ROWS_AT_ONCE = "1000";

/**
 * Keeps rows in Redis. Each call is one step there, and one for all servers.
 *
 * Redis confirms a call when it has done what its own settings ask for. A row is on
 * its disk by then only with `appendonly yes` and `appendfsync always`.
 *
 * When a call fails because no reply came, Redis may have recorded it all the same.
 * Then students are in the roster who received an error.
 */
export class RedisStore implements Store {
  readonly groupDelay: number = 0;
  #connection: RedisConnection | undefined;
  #totals: Totals = { sids: 0, bytes: 0, largeBytes: 0 };
  #digest = "";

  private constructor() {}

  /**
   * Opens the roster at an address such as `redis://localhost:6379/0`.
   *
   * @throws {StoreError} If the address is wrong, Redis cannot be reached or refuses,
   * or what is there is no roster. The message is one line.
   */
  static async open(
    address: string,
    options: RedisOptions = {},
  ): Promise<RedisStore> {
    const store = new RedisStore();
    const parsed = parseRedisAddress(address);
    store.#digest = await sha1(RECORD);
    const check = async (send: SendCommand) => {
      store.#totals = await readTotals(send);
    };
    try {
      store.#connection = await RedisConnection.open(parsed, options, check);
    } catch (error) {
      const failure = toStoreError(error);
      throw new StoreError(
        `Cannot open the roster: ${failure.message}${whyUnreachable(failure)}`,
        { cause: error },
      );
    }
    if (options.warn) await store.#warn(options.warn);
    return store;
  }

  /** Warns if Redis may lose what it has confirmed. A Redis may forbid CONFIG, and then does not say. */
  async #warn(warn: (line: string) => void): Promise<void> {
    const replies = await this.#call((send) =>
      Promise.all(
        SETTINGS.map((name) => send("CONFIG", "GET", name).catch(() => [])),
      )
    ) as string[][];
    const [appendonly, appendfsync, maxmemory, policy] = replies
      .map(([, value]) => value);
    if (appendonly === undefined) return;
    if (appendonly !== "yes" || appendfsync !== "always") {
      warn(
        "This Redis can lose acknowledged students when it or its machine fails: set " +
          "its appendonly to yes, and its appendfsync to always",
      );
    }
    if (maxmemory !== "0" && policy.startsWith("allkeys")) {
      warn(
        "This Redis deletes acknowledged students when its memory is full: set its " +
          "maxmemory-policy to noeviction",
      );
    }
  }

  /** What it held at the last call. Other servers may have added rows since. */
  get totals(): Totals {
    return this.#totals;
  }

  has(students: readonly Identity[]): Promise<readonly boolean[]> {
    if (students.length === 0) return Promise.resolve([]);
    return this.#call(async (send) => {
      const keys = students.map(rowKey);
      const [values, totals] = await Promise.all([
        send("HMGET", STUDENTS, ...keys),
        readTotals(send),
      ]);
      this.#totals = totals;
      return (values as unknown[]).map((value) => value !== null);
    });
  }

  async record(batches: readonly Batch[]): Promise<readonly Recorded[]> {
    const rows = new RowsToRecord(batches);
    const reply = await this.#call((send) => this.#sendScript(send, rows.args));
    const [sids, bytes, largeBytes, ...doubtful] = reply;
    this.#totals = toTotals(sids, bytes, largeBytes);
    return rows.results(doubtful);
  }

  /** Runs the script by its digest. Redis forgets scripts when it starts. */
  async #sendScript(
    send: SendCommand,
    rows: readonly string[],
  ): Promise<unknown[]> {
    const args = ["3", ...KEYS, VERSION, ...rows];
    try {
      return await send("EVALSHA", this.#digest, ...args) as unknown[];
    } catch (error) {
      if (!String(error).includes("NOSCRIPT")) throw error;
      return await send("EVAL", RECORD, ...args) as unknown[];
    }
  }

  /** Deletes all rows of a `sid`. Resolves to how many there were. */
  async forget(sid: string | null): Promise<number> {
    const args = ["3", ...KEYS, VERSION, ...argsOfForget(sid)];
    return await this.#call((send) => send("EVAL", FORGET, ...args)) as number;
  }

  async *readAll(): AsyncIterable<Row> {
    // By key, because Redis may show a row twice while others add rows.
    const rows = new Map<string, ReturnType<typeof readRow>>();
    let cursor = "0";
    do {
      const reply = await this.#call((send) =>
        send("HSCAN", STUDENTS, cursor, "COUNT", ROWS_AT_ONCE)
      );
      const [next, pairs] = reply as [string, string[]];
      for (let i = 0; i < pairs.length; i += 2) {
        rows.set(pairs[i], readRow(pairs[i], pairs[i + 1]));
      }
      cursor = next;
    } while (cursor !== "0");
    const read = [...rows.values()].sort(([a], [b]) => a - b);
    for (const [, row] of read) yield row;
  }

  /** Closes it. Calls under way fail, although what they record may be stored. */
  async close(): Promise<void> {
    await this.#connection?.close();
  }

  #call<T>(commands: (send: SendCommand) => Promise<T>): Promise<T> {
    return this.#connection!.call(commands);
  }
}

/**
 * Reads the totals.
 *
 * @throws {StoreError} If what is there is no roster, or a newer one.
 */
async function readTotals(send: SendCommand): Promise<Totals> {
  const [totals, sids, rows] = await Promise.all([
    send("HMGET", TOTALS, "version", "bytes", "largeBytes"),
    send("HLEN", SIDS),
    send("HLEN", STUDENTS),
  ]);
  const [version, bytes, largeBytes] = totals as (string | null)[];
  if (version === null && rows === 0 && sids === 0) return toTotals(0, 0, 0);
  if (version !== VERSION) throw wrongVersion(version);
  return toTotals(sids, bytes, largeBytes);
}

function wrongVersion(version: string | null): StoreError {
  return new StoreError(
    version === null
      ? "the roster's database has other data in the roster's place"
      : "the roster was written by a newer Rollcall",
  );
}

function toTotals(sids: unknown, bytes: unknown, largeBytes: unknown): Totals {
  return {
    sids: Number(sids),
    bytes: Number(bytes),
    largeBytes: Number(largeBytes),
  };
}

async function sha1(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
