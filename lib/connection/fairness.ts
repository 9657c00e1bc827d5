/**
 * Taking turns on the one thread.
 *
 * @module
 */

/** Milliseconds for which those who always have something to do may go on together. */
const LONGEST = 2;
/** Milliseconds for which all others may, where there are many. */
export const LONGEST_IN_A_CROWD = 50;
/**
 * More than so many are a crowd. With 200 that always have something to do, it
 * was seen that the event loop lets some wait again and again (Deno 2.9.6), and
 * with 50 it was not. Perhaps that is Tokio's "cooperative budget", by which 128
 * reads may end in one turn.
 */
const CROWD = 100;
/**
 * Turns of the event loop after which it has looked at its sockets. While there
 * is something else to do, it does so in one of 61 turns only: that is the
 * `event_interval` of Tokio, on which Deno runs.
 */
const TURNS_TO_LOOK = 64;

/** When the event loop looked at its sockets last, as far as we know. */
let looked = performance.now();
/** How many there are that may have something to do. */
let present = 0;
/** Those who wait for their turn, the first to come the first to go on. */
const waiting: (() => void)[] = [];
let serving = false;

/**
 * Lets everybody else have a turn, if those who call this have gone on for long
 * together. For those who will find more to do at once.
 *
 * A read that finds data resolves without a look at the other sockets, so a few
 * clients that send without end would keep out all others: a polite client
 * waited 140 ms beside ten of them.
 */
export async function takeTurns(longest = LONGEST): Promise<void> {
  if (!serving && performance.now() - looked < longest) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  if (!serving) void serve();
  await promise;
}

/** Notes that one more may have something to do from now on, or one less if that is -1. */
export function notePresent(more: 1 | -1): void {
  present += more;
}

/**
 * Whether there are so many that all must take turns. Of 1,000 clients that
 * always have a request under way, one in a thousand waited 1.7 s for its answer;
 * with turns 0.05 s, as most do. Where there are few, nobody waits for long.
 */
export function isCrowd(): boolean {
  return present > CROWD;
}

/** Pieces of a long work between two looks at the clock. */
const PIECES = 64;

/** Work of many pieces, in which turns are taken too if it takes long. */
export class LongWork {
  /** When it was last looked at; the first time is the first piece of many. */
  #began = 0;
  #pieces = 0;

  /** Whether it has gone on for long. To be asked before each piece. */
  isLong(): boolean {
    if (++this.#pieces % PIECES !== 0) return false;
    const now = performance.now();
    if (this.#began === 0) this.#began = now;
    if (now - this.#began < LONGEST) return false;
    this.#began = now;
    return true;
  }
}

async function serve(): Promise<void> {
  serving = true;
  while (waiting.length > 0) {
    await turns(TURNS_TO_LOOK);
    looked = performance.now();
    while (waiting.length > 0 && performance.now() - looked < LONGEST) {
      waiting.shift()!();
      await turns(1); // in which that one does what it has to do
    }
  }
  serving = false;
}

let looking: Promise<void> | undefined;

/** Waits until the event loop has looked at its sockets, and who was heard has been read. */
export function look(): Promise<void> {
  return looking ??= turns(2 * TURNS_TO_LOOK).then(() => {
    looking = undefined;
  });
}

async function turns(count: number): Promise<void> {
  while (count-- > 0) await new Promise<void>((next) => setImmediate(next));
}
