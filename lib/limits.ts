/**
 * Every limit of a server that can be set. `deno task limits` makes
 * `docs/limits.md` from this file and from `students/memory.ts`: in each comment,
 * the first paragraph says what is limited, the second what happens at the limit.
 *
 * @module
 */

/** What one message may be, whatever its format. */
export interface MessageLimits {
  /**
   * Bytes of one request.
   *
   * One that says it is longer is refused before it is read or allocated: the
   * client is told, and its connection closes.
   *
   * @default {65536}
   */
  maxRequestBytes: number;
  /**
   * Containers within containers in one request.
   *
   * The client is told, and its connection closes.
   *
   * @default {32}
   */
  maxDepth: number;
  /**
   * Items of all containers of one request together; an item that is reached
   * in two ways counts twice.
   *
   * The client is told, and its connection closes.
   *
   * @default {65536}
   */
  maxItems: number;
}

/** What one connection may cost. */
export interface ConnectionLimits extends MessageLimits {
  /**
   * Seconds from the first byte of a request to its last; 0 is for ever. Time
   * in which the server does not read does not count.
   *
   * The client is told, and its connection closes.
   *
   * @default {30}
   */
  requestTimeout: number;
  /**
   * Bytes of answers that wait for one client to take them.
   *
   * Nothing more is read from that client until it has taken all of them.
   *
   * @default {65536}
   */
  softQueuedBytes: number;
  /**
   * Seconds in which a client for which more than `softQueuedBytes` wait must
   * take as many, or anything that waits at the end of its connection; 0 is for
   * ever. At that end, it must take something every 5 s besides.
   *
   * The connection is cut off.
   *
   * @default {30}
   */
  queueTimeout: number;
  /**
   * Bytes of answers that wait for one client to take them, whatever was read
   * before.
   *
   * The connection is cut off.
   *
   * @default {16777216}
   */
  maxQueuedBytes: number;
}

/** What a server grants its clients. */
export interface Limits extends ConnectionLimits {
  /**
   * Clients served at once.
   *
   * The one over it is told so in place of a greeting, and its connection closes.
   *
   * @default {10000}
   */
  maxClients: number;
  /**
   * Clients served at once that have the same IP address; 0 is any number,
   * since a class may share one.
   *
   * The one over it is told so in place of a greeting, and its connection closes.
   *
   * @default {0}
   */
  maxClientsPerAddress: number;
  /**
   * Seconds for which a client may send no whole request, or take none of its
   * answers; 0 is for ever.
   *
   * The connection closes.
   *
   * @default {0}
   */
  idleTimeout: number;
  /**
   * Invalid requests in a row: some of the lab's clients send every answer
   * back as a request.
   *
   * The last of them is answered, too, and the connection closes.
   *
   * @default {16}
   */
  maxInvalidInRow: number;
  /**
   * Characters of lines that wait for stdout.
   *
   * Lines are dropped, whole, and stderr says how many. No client waits for a line.
   *
   * @default {8388608}
   */
  maxWaitingOutput: number;
  /**
   * Seconds that a shutdown may take.
   *
   * The connections that are still open are cut off.
   *
   * @default {10}
   */
  grace: number;
}

/** The limits where nothing else is said. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxClients: 10_000,
  maxClientsPerAddress: 0,
  maxRequestBytes: 65_536,
  maxDepth: 32,
  maxItems: 65_536,
  requestTimeout: 30,
  idleTimeout: 0,
  softQueuedBytes: 65_536,
  queueTimeout: 30,
  maxQueuedBytes: 16_777_216,
  maxInvalidInRow: 16,
  maxWaitingOutput: 8_388_608,
  grace: 10,
};

/** The limits of a client: it sends what it likes, and what it asks for may be long. */
export const CLIENT_LIMITS: Readonly<ConnectionLimits> = {
  ...DEFAULT_LIMITS,
  maxRequestBytes: 16_777_216,
  requestTimeout: 0,
  queueTimeout: 0,
  maxQueuedBytes: Infinity,
};

/** The name of a limit. */
export type LimitName = keyof Limits;

/** How often each limit was reached. Of `maxWaitingOutput`, the lines that were dropped. */
export type LimitHits = Record<LimitName, number>;

/** Counts that all are 0. */
export function noLimitHits(): LimitHits {
  const none = LIMIT_NAMES.map((name) => [name, 0]);
  return Object.fromEntries(none) as LimitHits;
}

/** The names of all limits. */
export const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[];

/** The limits that are seconds, and as many as a timer can wait. */
const TIMES: readonly LimitName[] = [
  "requestTimeout",
  "idleTimeout",
  "queueTimeout",
  "grace",
];
const MAX_SECONDS = 2_147_483;

/**
 * The limits, each as `options` say or else as by default.
 *
 * @throws {RangeError} If one is no number from 0 up, or too many seconds.
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
