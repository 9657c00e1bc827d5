/**
 * Every limit of a server, in one place.
 *
 * @module
 */

/** What one message may be, whatever its format. */
export interface MessageLimits {
  /**
   * Bytes of one message. One that says it is longer is refused before it is
   * read or allocated.
   *
   * @default {65536}
   */
  maxRequestBytes: number;
  /**
   * Containers within containers.
   *
   * @default {32}
   */
  maxDepth: number;
  /**
   * Items of all containers of one message together; an item that is reached
   * in two ways counts twice.
   *
   * @default {65536}
   */
  maxItems: number;
}

/** What a server grants its clients. */
export interface Limits extends MessageLimits {
  /**
   * Clients served at once. The one over it is told so, and closed.
   *
   * @default {10000}
   */
  maxClients: number;
  /**
   * Bytes of answers that wait for one client to take them. Over it, the
   * server reads nothing more from that client until it does.
   *
   * @default {65536}
   */
  maxQueuedBytes: number;
  /**
   * Invalid requests in a row that are answered; the last of them ends the
   * connection. Some of the lab's clients send every answer back as a request.
   *
   * @default {16}
   */
  maxInvalidInRow: number;
  /**
   * Seconds after which a client that sends no whole request, or takes none of
   * its answers, is closed; 0 is never.
   *
   * @default {0}
   */
  idleTimeout: number;
  /**
   * Seconds that a shutdown may take before what is still open is cut off.
   *
   * @default {10}
   */
  grace: number;
}

/** The limits where nothing else is said. */
export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxRequestBytes: 65_536,
  maxDepth: 32,
  maxItems: 65_536,
  maxClients: 10_000,
  maxQueuedBytes: 65_536,
  maxInvalidInRow: 16,
  idleTimeout: 0,
  grace: 10,
};

/** The limits that are seconds, and as many as a timer can wait. */
const TIMES: readonly (keyof Limits)[] = ["idleTimeout", "grace"];
const MAX_SECONDS = 2_147_483;

/**
 * The limits, each as `options` say or else as by default.
 *
 * @throws {RangeError} If one is no number from 0 up, or too many seconds.
 */
export function limitsOf(options: Partial<Limits>): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
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
