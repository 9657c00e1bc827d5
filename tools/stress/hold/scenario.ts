/**
 * What a promise of the server is, and what measuring it gives.
 *
 * @module
 */

/** One figure of a scenario: what was measured, what must hold of it, and whether it does. */
export interface Figure {
  /** What was measured. */
  what: string;
  /** What it came to, with its unit. */
  measured: string;
  /** What must hold of it, with its unit. */
  bound: string;
  /** Whether it does. */
  holds: boolean;
}

/** One promise of the server, and how it is measured. */
export interface Scenario {
  /** What it is called on the command line. */
  name: string;
  /** What is promised, in a sentence. */
  about: string;
  /**
   * Measures it. Tells on the way what it is doing, and leaves nothing running,
   * also when `stop` aborts.
   */
  measure(
    tell: (line: string) => void,
    stop: AbortSignal,
  ): Promise<Figure[]>;
}
