/**
 * The failure of a step.
 *
 * @module
 */

import type { Wrong } from "./kit.ts";
import type { Peer } from "./peer.ts";

/** A step failed. */
export class StepFailed extends Error {
  /** The class's name, as in `error.name`. */
  override name = "StepFailed";

  constructor(
    readonly wrong: Wrong,
    /** What was observed, and what was expected, in words. */
    readonly got: string,
    readonly due: string,
    readonly peer?: Peer,
  ) {
    super(got);
  }
}
