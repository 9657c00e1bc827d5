/**
 * The combined results of the clients of a soak.
 *
 * @module
 */

/** How many faults are kept as text. The others are only counted. */
const KEPT = 5;

/** The results of all clients. */
export class Score {
  /** How many visits there were so far, by the kind of client. */
  readonly visits: Map<string, number> = new Map();
  /** The first faults, as text. */
  readonly firstFaults: string[] = [];
  #answers = 0;
  #faults = 0;
  #latencies: number[] = [];

  /** How many answers were correct. */
  get answers(): number {
    return this.#answers;
  }

  /** How often the server did something wrong. */
  get faults(): number {
    return this.#faults;
  }

  /** Counts a visit. */
  visit(kind: string): void {
    this.visits.set(kind, 1 + (this.visits.get(kind) ?? 0));
  }

  /** Counts an answer as correct, or as a fault if another one was due. */
  answer(due: string, got: string): void {
    if (got === due) this.#answers++;
    else this.fault(`the answer was ${got} instead of ${due}`);
  }

  /** Records something that the server did wrong. */
  fault(what: string): void {
    this.#faults++;
    if (this.firstFaults.length < KEPT) this.firstFaults.push(what);
  }

  /** Records how long a round of answers took, in milliseconds. */
  took(ms: number): void {
    this.#latencies.push(ms);
  }

  /** Returns the times recorded since the last call. */
  takeLatencies(): number[] {
    const latencies = this.#latencies;
    this.#latencies = [];
    return latencies;
  }
}
