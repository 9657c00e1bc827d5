/**
 * A promise of the server, and the figures that result from measuring it.
 *
 * @module
 */

/** One figure of a scenario: a measured value, its bound, and whether the bound holds. */
export interface Figure {
  /** What was measured. */
  what: string;
  /** The measured value, with its unit. */
  measured: string;
  /** The bound of the value, with its unit. */
  bound: string;
  /** Whether the value is within its bound. */
  holds: boolean;
}

/** One promise of the server, and how it is measured. */
export interface Scenario {
  /** Its name on the command line. */
  name: string;
  /** The promise, in one sentence. */
  about: string;
  /** A program that it needs, and whether that is there. */
  needs?: { name: string; isThere(): boolean };
  /**
   * Measures the promise. Reports its progress to `tell`, and leaves nothing
   * running, even when `stop` aborts. If `brief`, it measures for a shorter time, if
   * it can.
   */
  measure(
    tell: (line: string) => void,
    stop: AbortSignal,
    brief: boolean,
  ): Promise<Figure[]>;
}
