/**
 * What the clients of a soak have seen.
 *
 * @module
 */

/** Faults that are kept with their words; the others are only counted. */
const KEPT = 5;

/** The notes of all clients together. */
export class Score {
  /** Visits so far, by the kind of client. */
  readonly visits: Map<string, number> = new Map();
  /** The first faults, in words. */
  readonly firstFaults: string[] = [];
  #answers = 0;
  #faults = 0;
  #latencies: number[] = [];

  /** Answers that were as they must be. */
  get answers(): number {
    return this.#answers;
  }

  /** How often the server did what it must not. */
  get faults(): number {
    return this.#faults;
  }

  /** Notes a visit. */
  visit(kind: string): void {
    this.visits.set(kind, 1 + (this.visits.get(kind) ?? 0));
  }

  /** Notes an answer, and whether it is the one that was due. */
  answer(due: string, got: string): void {
    if (got === due) this.#answers++;
    else this.fault(`the answer was ${got}, where ${due} was due`);
  }

  /** Notes what the server must not do. */
  fault(what: string): void {
    this.#faults++;
    if (this.firstFaults.length < KEPT) this.firstFaults.push(what);
  }

  /** Notes how many milliseconds answers took. */
  took(ms: number): void {
    this.#latencies.push(ms);
  }

  /** The times noted since the last call. */
  takeLatencies(): number[] {
    const latencies = this.#latencies;
    this.#latencies = [];
    return latencies;
  }
}
