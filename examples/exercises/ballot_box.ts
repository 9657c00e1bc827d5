/**
 * Where exercise 2 keeps its votes.
 *
 * @module
 */

/** Counts votes. Like a file or a database, it takes its time. */
export class BallotBox {
  #votes = new Map<string, number>();

  /** Counts a vote for a name. Resolves to how many there are for it now. */
  async count(name: string): Promise<number> {
    const before = this.#votes.get(name) ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 0)); // the disk turns
    this.#votes.set(name, before + 1);
    return before + 1;
  }
}

const boxes = new WeakMap<object, BallotBox>();

/** The box of whoever `owner` is: one for each, made when it is first asked for. */
export function ballotBoxOf(owner: object): BallotBox {
  const box = boxes.get(owner) ?? new BallotBox();
  boxes.set(owner, box);
  return box;
}
