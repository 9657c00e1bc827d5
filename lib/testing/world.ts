/**
 * The world of one simulation: what a test uses, and what is checked.
 *
 * @module
 */

import type { Network } from "../net.ts";
import { SimulatedClock } from "./clock.ts";
import type { Observer } from "./connection.ts";
import { type ClientNetwork, SimulatedNetwork } from "./network.ts";
import { drawProfile, type Profile } from "./pipe.ts";
import { Random } from "./random.ts";
import { Watch } from "./watch.ts";

/**
 * Called for each event of a connection, and for what the play tells: when, in
 * milliseconds since the start, who, and what.
 *
 * @example Printing what happens with a seed
 * ```ts
 * import { simulate, type Tell } from "@rollcall/rollcall/testing";
 *
 * const lines: string[] = [];
 * const tell: Tell = (at, who, what) => lines.push(`${at} ms ${who} ${what}`);
 * await simulate(1, async (world) => {
 *   await world.pause(100);
 *   world.tell("Alice", "gives up");
 * }, { tell });
 * if (!lines[0].endsWith("ms Alice gives up")) throw new Error(lines[0]);
 * ```
 */
export type Tell = (at: number, who: string, what: string) => void;

/** How long after the end of all connections a timer may still be pending, in milliseconds. */
const SOON = 10;

/**
 * What the play of a simulation uses.
 *
 * @example A client that vanishes, and a check after each event
 * ```ts
 * import { Server } from "@rollcall/rollcall";
 * import { Client } from "@rollcall/rollcall/client";
 * import { ClientHandler } from "@rollcall/rollcall/clienthandler";
 * import { lines } from "@rollcall/rollcall/formats";
 * import { simulate, type World } from "@rollcall/rollcall/testing";
 *
 * const here = new Set<ClientHandler<string>>();
 * class Counted extends ClientHandler<string> {
 *   protected override processRequest(): string {
 *     return `${here.add(this).size}`;
 *   }
 *   protected override closed(): void {
 *     here.delete(this); // without this line, it fails
 *   }
 * }
 *
 * async function play(world: World) {
 *   await using server = new Server({
 *     network: world.network,
 *     wire: lines,
 *     clientHandler: Counted,
 *     log: () => {},
 *     report: (line) => world.tell("server", line),
 *   });
 *   void server.run();
 *   world.always(() => {
 *     if (here.size > 1) world.fault("one client counts twice");
 *   });
 *   world.atEnd(() => {
 *     if (here.size > 0) world.fault("a client that has left is counted");
 *   });
 *   const network = world.through("Alice");
 *   await using client = new Client({ network, wire: lines });
 *   await client.connect();
 *   const counted = client.request("count me").catch(() => {});
 *   await world.pause(50);
 *   network.reset();
 *   await counted;
 * }
 * for (let seed = 1; seed <= 20; seed++) await simulate(seed, play);
 * ```
 */
export interface World {
  /** The network, for `new Server({ network })` and `new Client({ network })`. */
  readonly network: Network;
  /** Milliseconds since the start. */
  readonly now: number;
  /**
   * Returns the network for one client, whose connections are shown as `name`. The
   * profiles say how bytes travel to the server, and back. Without them, the seed
   * chooses.
   */
  through(name: string, there?: Profile, back?: Profile): ClientNetwork;
  /** Waits for a random time below `most` milliseconds. */
  pause(most: number): Promise<void>;
  /** Returns a random whole number from 0 up to, but not including, `bound`. */
  below(bound: number): number;
  /** Runs a check after each event. A check throws, or calls {@linkcode fault}. */
  always(check: () => void): void;
  /** Runs a check at the end, when nothing more can happen. */
  atEnd(check: () => void): void;
  /** Reports what is wrong, and so ends the simulation. */
  fault(why: string): void;
  /** Reports an event of `who` to the option `tell` of {@linkcode simulate}. */
  tell(who: string, what: string): void;
}

/**
 * A simulated network and clock. While it exists, it replaces the timers, `Date`,
 * `performance.now`, `AbortSignal.timeout` and `Math.random`, and checks all locks.
 */
export class SimulatedWorld implements World, Disposable {
  /** The random numbers that the seed determines. */
  readonly random: Random;
  /** The clock. It moves only when nothing else can happen at the present time. */
  readonly clock: SimulatedClock;
  readonly network: SimulatedNetwork;
  /** The first fault that was found. */
  found: string | undefined;
  /** What the play threw, if that is the first fault. */
  cause: unknown;
  /** Whether the play has ended. */
  isPlayed = false;
  #tell: Tell | undefined;
  #watch: Watch;
  #random = Math.random;
  #always: (() => void)[] = [];
  #atEnd: (() => void)[] = [];
  #endedAt: number | undefined;

  /** Creates the world of a seed, before the first event. */
  constructor(seed: number, tell?: Tell) {
    this.random = new Random(seed);
    this.clock = new SimulatedClock(this.random);
    const profile = () => drawProfile(this.random);
    this.network = new SimulatedNetwork(this.clock, this.random, profile);
    this.#tell = tell;
    this.network.onConnect = (name, client, server) => {
      client.observer = this.#observer(name);
      server.observer = this.#observer(`server for ${name}`);
    };
    this.#watch = new Watch((why) => this.fault(why));
    Math.random = () => this.random.below(2 ** 32) / 2 ** 32;
    addEventListener("unhandledrejection", this.#onRejection);
  }

  #observer(who: string): Observer {
    const fault = (what: string) => this.fault(`${who} ${what}`);
    return { fault, tell: this.teller(who) };
  }

  get now(): number {
    return this.clock.now;
  }

  through(name: string, there?: Profile, back?: Profile): ClientNetwork {
    return this.network.through(name, there, back);
  }

  below(bound: number): number {
    return this.random.below(bound);
  }

  pause(most: number): Promise<void> {
    const ms = this.random.below(most);
    return new Promise((resolve) => this.clock.schedule(ms, resolve));
  }

  always(check: () => void): void {
    this.#always.push(check);
  }

  atEnd(check: () => void): void {
    this.#atEnd.push(check);
  }

  fault(why: string): void {
    this.tell("WRONG", why);
    this.found ??= why;
  }

  /** Reports what someone threw, and so ends the simulation. */
  faultBy(error: unknown, who: string): void {
    if (this.found === undefined) this.cause = error;
    const why = error instanceof Error ? error.message : String(error);
    this.fault(who ? `${who}: ${why}` : why);
  }

  tell(who: string, what: string): void {
    this.#tell?.(this.clock.now, who, what);
  }

  /** Returns a callback for events of `who`, or `undefined` if nobody listens: then no text is built. */
  teller(who: string): ((what: string) => void) | undefined {
    return this.#tell && ((what) => this.tell(who, what));
  }

  /** Runs the next event, and the checks. Resolves to `false` if there is none. */
  async step(): Promise<boolean> {
    try {
      if (!await this.clock.step()) return false;
    } catch (error) {
      this.faultBy(error, "a timer threw");
    }
    this.#run(this.#always);
    if (this.isPlayed && this.#endedAt === undefined && this.#hasEnded) {
      this.#endedAt = this.clock.now;
      this.clock.schedule(SOON, () => this.#checkTimers());
    }
    return true;
  }

  /** Checks what must hold when nothing more can happen. */
  checkEnd(): void {
    if (!this.isPlayed) return this.fault("the play never ends");
    const { handlers, held } = this.#watch;
    if (handlers > 0) this.fault(`handlers that never end: ${handlers}`);
    if (held > 0) this.fault("a lock is never released");
    for (const [port, { isClosed }] of this.network.listeners) {
      if (!isClosed) {
        this.fault(`the server at port ${port} is never shut down`);
      }
    }
    for (const { name, end } of this.network.ends) {
      if (!end.isClosed) this.fault(`a connection of ${name} is never closed`);
    }
    this.#run(this.#atEnd);
  }

  get #hasEnded(): boolean {
    const { ends, listeners } = this.network;
    return this.#watch.handlers === 0 &&
      ends.every(({ end }) => end.isClosed) &&
      [...listeners.values()].every(({ isClosed }) => isClosed);
  }

  /** A timer that outlives all connections keeps its program alive. */
  #checkTimers(): void {
    const { timers } = this.clock;
    if (timers > 0) this.fault(`timers outlive all connections: ${timers}`);
  }

  #run(checks: readonly (() => void)[]): void {
    for (const check of checks) {
      if (this.found !== undefined) return;
      try {
        check();
      } catch (error) {
        this.faultBy(error, "");
      }
    }
  }

  #onRejection = (event: PromiseRejectionEvent): void => {
    event.preventDefault();
    this.faultBy(event.reason, "an unhandled rejection");
  };

  /** Restores what it replaced. */
  [Symbol.dispose](): void {
    removeEventListener("unhandledrejection", this.#onRejection);
    Math.random = this.#random;
    this.#watch[Symbol.dispose]();
    this.clock[Symbol.dispose]();
  }
}
