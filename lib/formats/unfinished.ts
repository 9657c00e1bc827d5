/**
 * How much all connections together hold of messages that are not whole.
 *
 * @module
 */

/**
 * Values in unfinished messages, all together: each takes 50 to 300 bytes,
 * where the bytes that it came in are one or two.
 */
const BUDGET = 1_000_000;
/** A message of so few values is never too much, whatever the others hold. */
const FEW = 4096;

let total = 0;

/** What one connection holds of a message that is not whole. */
export class Unfinished {
  #values = 0;

  /** Notes how many values it holds now. Returns whether there is room for them. */
  hold(values: number): boolean {
    total += values - this.#values;
    this.#values = values;
    return values <= FEW || total <= BUDGET;
  }
}
