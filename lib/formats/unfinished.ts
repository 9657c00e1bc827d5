/**
 * A budget for the incomplete messages of all connections together.
 *
 * @module
 */

/**
 * The most values that all incomplete messages may hold in total. A value that
 * arrived
 * in one or two bytes takes 50 to 300 bytes of memory.
 */
const BUDGET = 1_000_000;
/** A message of up to this many values is always within the budget. */
const FEW = 4096;

let total = 0;

/** Counts the values that one connection's incomplete message holds. */
export class Unfinished {
  #values = 0;

  /** Sets how many values it holds now. Returns whether the budget allows them. */
  hold(values: number): boolean {
    total += values - this.#values;
    this.#values = values;
    return values <= FEW || total <= BUDGET;
  }
}
