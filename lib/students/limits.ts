/**
 * The limits of a roster. `docs/limits.md` is made from this file, too: see
 * `lib/limits.ts`.
 *
 * @module
 */

/** The limits of new students. */
export interface NewStudentLimits {
  /**
   * New students that one connection may bring in each minute; 0 means no limit.
   * With `--classroom`, the default is 20.
   *
   * A further student is refused with an error, and the connection goes on.
   *
   * @default {0}
   */
  maxNewPerConnection: number;
  /**
   * New students from one IP address in each minute; 0 means no limit. With
   * `--classroom`, the default is 200.
   *
   * The same as for `maxNewPerConnection`.
   *
   * @default {0}
   */
  maxNewPerAddress: number;
}

/** The limits of a roster. */
export interface RosterLimits extends NewStudentLimits {
  /**
   * Estimated bytes of all rows of the roster. Rows with texts of over 200 characters
   * take at most half of it.
   *
   * A further row is refused with an error, and the connection goes on.
   *
   * @default {268435456}
   */
  maxRosterBytes: number;
}

/** The default limits of a roster. */
export const DEFAULT_ROSTER_LIMITS: Readonly<RosterLimits> = {
  maxNewPerConnection: 0,
  maxNewPerAddress: 0,
  maxRosterBytes: 268_435_456,
};
