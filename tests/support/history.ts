// What clients did with a roster, and whether a roster that does one thing at a time
// could have answered in the same way.

import { type Identity, type Row, rowKey } from "../../lib/students/row.ts";

/** When something began and ended. Each moment of a history has a number of its own. */
interface Span {
  began: number;
  /** Infinite until then. */
  ended: number;
}

/** A request that was acknowledged at its end. */
interface Request extends Span {
  key: string;
}

/** A read of all rows. */
interface Read extends Span {
  /** The rows in their order. */
  keys: string[];
  requests: ReadonlyMap<string, number>;
}

/** The requests and the reads of many clients. */
export class History {
  readonly requests: Request[] = [];
  readonly reads: Read[] = [];
  #moment = 0;

  /** Notes a request, from before it is sent until its answer is there. */
  async request(student: Identity, send: () => Promise<unknown>) {
    const request = { key: rowKey(student), ...this.#begin() };
    this.requests.push(request);
    if (await send() !== 1) throw new Error("A student was not acknowledged");
    request.ended = this.#moment++;
  }

  /** Notes a read. */
  async read(
    readAll: () => Promise<readonly Pick<Row, keyof Identity | "requests">[]>,
  ) {
    const span = this.#begin();
    const rows = await readAll();
    const keys = rows.map(rowKey);
    const requests = new Map(rows.map((row, i) => [keys[i], row.requests]));
    this.reads.push({ ...span, ended: this.#moment++, keys, requests });
  }

  #begin(): Span {
    return { began: this.#moment++, ended: Infinity };
  }

  /** What no roster that does one thing at a time could have answered. */
  violations(): string[] {
    const keys = new Set(this.requests.map((request) => request.key));
    return [
      ...this.reads.flatMap((read) => this.#violationsOf(read)),
      ...Array.from(keys).flatMap((key) => this.#changes(key)),
    ];
  }

  /** A read must have what was acknowledged before it, nothing that was not sent yet, and all rows in order. */
  #violationsOf({ began, ended, keys, requests }: Read): string[] {
    const found: string[] = [];
    for (
      const key of new Set([
        ...keys,
        ...this.requests.map((it) => it.key),
      ])
    ) {
      const count = requests.get(key) ?? 0;
      const least = this.#count(key, (it) => it.ended < began);
      const most = this.#count(key, (it) => it.began < ended);
      if (count < least) {
        found.push(
          `${key}: ${count} of ${least} acknowledged`,
        );
      }
      if (count > most) found.push(`${key}: ${count}, but ${most} were sent`);
    }
    keys.forEach((later, i) => {
      const acknowledged = Math.min(...this.#of(later).map((it) => it.ended));
      for (const earlier of keys.slice(0, i)) {
        const sent = Math.min(...this.#of(earlier).map((it) => it.began));
        if (acknowledged < sent) found.push(`${later} is behind ${earlier}`);
      }
    });
    return found;
  }

  /** From one read to a later one, a row's count must grow by what was sent and acknowledged in between, or more. */
  #changes(key: string): string[] {
    const found: string[] = [];
    for (const before of this.reads) {
      for (const after of this.reads) {
        if (before.ended > after.began) continue;
        const least = this.#count(
          key,
          ({ began, ended }) => began > before.ended && ended < after.began,
        );
        const [first, second] = [before, after].map(({ requests }) =>
          requests.get(key) ?? 0
        );
        if (second - first >= least) continue;
        found.push(`${key}: from ${first} to ${second}, with ${least} between`);
      }
    }
    return found;
  }

  #of(key: string): Request[] {
    return this.requests.filter((request) => request.key === key);
  }

  #count(key: string, isCounted: (request: Request) => boolean): number {
    return this.#of(key).filter(isCounted).length;
  }
}
