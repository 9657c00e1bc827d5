/**
 * A bounded number of clients of all kinds that come and go.
 *
 * @module
 */

import { reason } from "../../../lib/text.ts";
import { type Address, isDisconnect } from "../../../lib/net.ts";
import { Random } from "../../../lib/testing/random.ts";
import { hostile, neverReading, resetting } from "./bad_clients.ts";
import {
  cutting,
  halfClosing,
  patient,
  pipelining,
  silent,
  slow,
} from "./good_clients.ts";
import { dawdle, type Session } from "./session.ts";
import type { Score } from "./score.ts";

/** How many clients are connected at the same time, at most. */
export const SEATS = 40;
/** How long a seat is free between two clients, at most, in milliseconds. */
const FREE = 200;
/** How long a visit may take, in milliseconds. */
const LONGEST = 30_000;

interface Kind {
  name: string;
  visit: (session: Session) => Promise<void>;
  /** How many of 100 visits are of this kind, on a seat with several kinds. */
  share: number;
  /** Whether the server may end the connection before the client does. */
  mayBeCutOff: boolean;
}

const good = (share: number, visit: Kind["visit"]): Kind => {
  return { name: visit.name, visit, share, mayBeCutOff: false };
};
const bad = (share: number, visit: Kind["visit"]): Kind => {
  return { name: visit.name, visit, share, mayBeCutOff: true };
};

/** Most kinds, each repeated as often as its share says. */
const VARIED: readonly Kind[] = [
  good(16, patient),
  good(12, pipelining),
  good(16, cutting),
  good(10, halfClosing),
  good(6, slow),
  good(9, silent),
  bad(16, resetting),
  bad(15, hostile),
].flatMap((kind) => Array<Kind>(kind.share).fill(kind));

/**
 * One such client keeps the server as busy as dozens of others, so there is always
 * one. A random number of them would determine all measurements.
 */
const NEVER_READING: readonly Kind[] = [bad(1, neverReading)];

/** All clients of a soak. */
export class Crowd implements AsyncDisposable {
  #leaving = new AbortController();
  #seats: Promise<void>[];

  /** Starts the clients. The same `seed` draws the same clients. */
  constructor(address: Address, seed: number, score: Score) {
    const seeds = new Random(seed);
    this.#seats = Array.from(
      { length: SEATS },
      (_, seat) =>
        fill(seat === 0 ? NEVER_READING : VARIED, {
          address,
          // One per seat: from a shared one, the timing of answers would change all draws.
          random: new Random(seeds.below(2 ** 32)),
          leaving: this.#leaving.signal,
          score,
        }),
    );
  }

  /** Asks all clients to leave, and waits until they have. */
  async leave(): Promise<void> {
    this.#leaving.abort();
    await Promise.all(this.#seats);
  }

  /** Asks all clients to leave, as {@linkcode leave} does: for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}

/** Fills one seat with one client after another. */
async function fill(kinds: readonly Kind[], session: Session): Promise<void> {
  await dawdle(session, FREE);
  while (!session.leaving.aborted) {
    await visit(session, session.random.pick(kinds));
    await dawdle(session, FREE);
  }
}

async function visit(session: Session, kind: Kind): Promise<void> {
  session.score.visit(kind.name);
  const overdue = Promise.withResolvers<never>();
  const timer = setTimeout(
    () =>
      overdue.reject(
        new Error(`the visit takes more than ${LONGEST / 1000} s`),
      ),
    LONGEST,
  );
  try {
    await Promise.race([kind.visit(session), overdue.promise]);
  } catch (error) {
    if (kind.mayBeCutOff && isDisconnect(error)) return;
    session.score.fault(`${kind.name}: ${reason(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
