/**
 * The limits of a server, which are all options. `deno task docs` makes
 * `docs/limits.md` from this file and `students/limits.ts`: in each comment, the
 * first paragraph says what is limited, the second what happens at the limit.
 *
 * @module
 */

/** The limits of one message, in any format. */
export interface MessageLimits {
  /**
   * Bytes of one request. The values of a pickle may take 32 times as much memory,
   * as estimated.
   *
   * The client receives an error, then its connection closes. A declared length
   * over the limit is refused before the bytes are read or memory is allocated.
   *
   * @default {65536}
   */
  maxRequestBytes: number;
  /**
   * Nesting depth of the containers in one request.
   *
   * The client receives an error, then its connection closes.
   *
   * @default {32}
   */
  maxDepth: number;
  /**
   * Items in all containers of one request. An item that is referenced twice
   * counts twice.
   *
   * The client receives an error, then its connection closes.
   *
   * @default {4096}
   */
  maxItems: number;
  /**
   * Bytes of memory that the incomplete requests of all clients of the process hold
   * together, as estimated.
   *
   * The client whose request holds most receives an error, then its connection
   * closes.
   *
   * @default {33554432}
   */
  maxUnfinishedBytes: number;
}

/** The limits of one connection. */
export interface ConnectionLimits extends MessageLimits {
  /**
   * Seconds from the first byte of a request to its last; 0 means no limit.
   * Time in which the server does not read is not counted.
   *
   * The client receives an error, then its connection closes.
   *
   * @default {30}
   */
  requestTimeout: number;
  /**
   * Bytes of answers queued for one client (soft limit).
   *
   * The server stops reading from the client until the client has accepted all
   * of them.
   *
   * @default {65536}
   */
  softQueuedBytes: number;
  /**
   * Seconds in which a client must accept `softQueuedBytes` bytes of answers
   * while more than that are queued; 0 means no limit. When its connection shuts
   * down, this applies to any queued bytes, and the client must also accept some
   * every 5 s.
   *
   * The connection is closed at once.
   *
   * @default {30}
   */
  queueTimeout: number;
  /**
   * Bytes of answers queued for one client (hard limit). The answers to requests
   * that are already read can exceed `softQueuedBytes`.
   *
   * The connection is closed at once.
   *
   * @default {16777216}
   */
  maxQueuedBytes: number;
}

/** The limits of a server. */
export interface Limits extends ConnectionLimits {
  /**
   * Clients served at once.
   *
   * The client that has waited longest without sending a request is rejected to
   * make room. If every client has sent one, the new client is rejected. The rejected
   * client receives an error, then its connection closes.
   *
   * @default {10000}
   */
  maxClients: number;
  /**
   * Clients served at once from the same IP address. The default 0 means no
   * limit, since a class may share one address. With `--classroom`, the default
   * is 100.
   *
   * One more client receives an error instead of a greeting, then its connection
   * closes.
   *
   * @default {0}
   */
  maxClientsPerAddress: number;
  /**
   * Seconds until the first request of a client is complete; 0 means no limit.
   *
   * The client receives an error, then its connection closes.
   *
   * @default {600}
   */
  firstRequestTimeout: number;
  /**
   * Seconds for which a client may be idle: it sends no complete request, and
   * accepts no bytes of its answers; 0 means no limit.
   *
   * The connection closes.
   *
   * @default {0}
   */
  idleTimeout: number;
  /**
   * Invalid requests in a row; 0 means no limit. This limit stops a client that
   * sends every answer back as a request, as some of the lab's clients do.
   *
   * The last of them is answered, then the connection closes.
   *
   * @default {16}
   */
  maxInvalidInRow: number;
  /**
   * Invalid requests of one client in all; 0 means no limit.
   *
   * The last of them is answered, then the connection closes.
   *
   * @default {100}
   */
  maxInvalid: number;
  /**
   * Characters of lines that wait to be written to stdout.
   *
   * Further lines are dropped, and stderr says how many. No client waits for
   * stdout.
   *
   * @default {8388608}
   */
  maxWaitingOutput: number;
  /**
   * Seconds that a shutdown may take.
   *
   * Connections that are still open are closed at once.
   *
   * @default {10}
   */
  grace: number;
}

/** The default limits. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxClients: 10_000,
  maxClientsPerAddress: 0,
  maxRequestBytes: 65_536,
  maxDepth: 32,
  maxItems: 4_096,
  maxUnfinishedBytes: 33_554_432,
  requestTimeout: 30,
  firstRequestTimeout: 600,
  idleTimeout: 0,
  softQueuedBytes: 65_536,
  queueTimeout: 30,
  maxQueuedBytes: 16_777_216,
  maxInvalidInRow: 16,
  maxInvalid: 100,
  maxWaitingOutput: 8_388_608,
  grace: 10,
};

/** The limits of a client: it may send any amount, and responses may be long. */
export const CLIENT_LIMITS: Readonly<ConnectionLimits> = {
  ...DEFAULT_LIMITS,
  maxRequestBytes: 16_777_216,
  maxItems: 65_536,
  requestTimeout: 0,
  queueTimeout: 0,
  maxQueuedBytes: Infinity,
  maxUnfinishedBytes: Infinity,
};

/** The name of a limit. */
export type LimitName = keyof Limits;

/**
 * How often each limit was reached. For `maxWaitingOutput`, the number of
 * dropped lines.
 *
 * @example
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 *
 * await using server = new Server({ port: 0, maxClientsPerAddress: 1 });
 * void server.run();
 * const clients = [1, 2].map(() => new Client({ port: server.addr.port }));
 * for (const client of clients) await client.connect(); // the second gets an error
 * for (const client of clients) await client.close();
 * if (server.limitHits.maxClientsPerAddress !== 1) throw new Error("not counted");
 * ```
 */
export type LimitHits = Record<LimitName, number>;

/**
 * Returns a count of 0 for every limit.
 *
 * @example
 * ```ts
 * import { LIMIT_NAMES, noLimitHits } from "@rollcall/rollcall/limits";
 *
 * const hits = noLimitHits();
 * hits.grace++;
 * const reached = LIMIT_NAMES.filter((name) => hits[name] > 0);
 * if (reached.join() !== "grace") throw new Error(reached.join());
 * ```
 */
export function noLimitHits(): LimitHits {
  const none = LIMIT_NAMES.map((name) => [name, 0]);
  return Object.fromEntries(none) as LimitHits;
}

/** The names of all limits. */
export const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[];

/** The limits that are times, in seconds. */
const TIMES: readonly LimitName[] = [
  "requestTimeout",
  "firstRequestTimeout",
  "idleTimeout",
  "queueTimeout",
  "grace",
];
/** The longest time that a timer can wait, in seconds. */
const MAX_SECONDS = 2_147_483;

/**
 * Returns a time of an option in seconds; 0 if it is not given.
 *
 * @throws {RangeError} If it is not a number of at least 0, or longer than a timer can wait.
 *
 * @example
 * ```ts
 * import { secondsOf } from "@rollcall/rollcall/limits";
 *
 * const ms = secondsOf("pollEvery", 2.5) * 1000;
 * if (ms !== 2500) throw new Error(`${ms} ms`);
 * ```
 */
export function secondsOf(name: string, value = 0): number {
  if (value >= 0 && value <= MAX_SECONDS) return value;
  throw new RangeError(
    `${name} takes seconds from 0 to ${MAX_SECONDS}, and got ${value}`,
  );
}

/**
 * Returns all limits: those in `options`, and the defaults of the others.
 *
 * @throws {RangeError} If a limit is not a number of at least 0, or a time is longer than a timer can wait.
 *
 * @example
 * ```ts
 * import { limitsOf } from "@rollcall/rollcall/limits";
 *
 * const { maxClients, grace } = limitsOf({ maxClients: 100 });
 * if (maxClients !== 100 || grace !== 10) throw new Error("not these limits");
 * ```
 */
export function limitsOf(options: Partial<Limits>): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of LIMIT_NAMES) {
    const value = options[name] ?? limits[name];
    const most = TIMES.includes(name) ? MAX_SECONDS : Infinity;
    if (!(value >= 0 && value <= most)) {
      throw new RangeError(
        `Cannot limit ${name} to ${value}: it takes a number from 0 to ${most}`,
      );
    }
    limits[name] = value;
  }
  return limits;
}
