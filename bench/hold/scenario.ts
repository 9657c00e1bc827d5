/**
 * What a scenario of `deno task hold` is.
 *
 * @module
 */

/** One figure of a scenario: what was measured, what must hold of it, and whether it does. */
export interface Figure {
  what: string;
  measured: string;
  bound: string;
  holds: boolean;
}

/** One promise of the server, and how it is measured. */
export interface Scenario {
  name: string;
  about: string;
  measure(
    tell: (line: string) => void,
    stop: AbortSignal,
  ): Promise<Figure[]>;
}
