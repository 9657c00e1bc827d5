/**
 * One direction of a simulated connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Random } from "./random.ts";
import type { SimulatedClock } from "./clock.ts";

/** An item in transit: bytes, the end of the stream, or a reset. */
export type Item = Uint8Array | "end" | "reset";

/**
 * How one direction of a simulated connection behaves.
 *
 * @example A client that is far away, and has little room
 * ```ts
 * import { type Profile, simulate } from "@rollcall/rollcall/testing";
 *
 * const there: Profile = { capacity: 1000, delay: 0, shortness: 0 };
 * const back: Profile = { capacity: 100, delay: 300, shortness: 2 };
 * await simulate(1, async (world) => {
 *   const listener = world.network.listen({
 *     hostname: "127.0.0.1",
 *     port: 12_000,
 *     tcpBacklog: 1,
 *   });
 *   const network = world.through("Alice", there, back);
 *   const conn = await network.connect(listener.addr);
 *   const accepted = await listener.accept();
 *   await accepted.write(new Uint8Array(1000)); // not all of it, and late
 *   const count = await conn.read(new Uint8Array(1000));
 *   if (!count || count > 100) throw new Error(`it got ${count} bytes`);
 *   for (const it of [conn, accepted, listener]) it.close();
 * });
 * ```
 */
export interface Profile {
  /** The most bytes that may be in transit or wait to be read. */
  capacity: number;
  /** The longest time that an item is in transit, in milliseconds. */
  delay: number;
  /** One in this many reads or writes is short; 0 means none. */
  shortness: number;
}

/**
 * A direction with ample room, in which items are in transit for at most 4 ms.
 *
 * @example
 * ```ts
 * import { PLAIN, simulate } from "@rollcall/rollcall/testing";
 *
 * await simulate(1, async (world) => {
 *   const slow = { ...PLAIN, delay: 100 };
 *   const network = world.through("Alice", PLAIN, slow);
 *   const address = { hostname: "127.0.0.1", port: 12_000 };
 *   const refused = await network.connect(address).catch(() => true);
 *   if (refused !== true) throw new Error("no server listens");
 * });
 * ```
 */
export const PLAIN: Readonly<Profile> = {
  capacity: 100_000,
  delay: 4,
  shortness: 0,
};

/**
 * Returns how one direction of a connection behaves: with little room or much, at
 * once or late, in one piece or in several.
 */
export function drawProfile(random: Random): Profile {
  return {
    capacity: random.pick([30, 300, 3000, 30_000]),
    delay: random.pick([0, 3, 30]),
    shortness: random.pick([0, 2, 5]),
  };
}

/** Bytes in transit from one end to the other, and bytes that wait to be read. */
export class Pipe {
  /** How it behaves. */
  readonly profile: Profile;
  /** Called at the receiver's end when something has arrived. */
  onArrival: (item: Item) => void = () => {};
  /** Called at the sender's end when there is room again. */
  onRoom: () => void = () => {};
  #clock: SimulatedClock;
  #random: Random;
  #travelling: Item[] = [];
  #size = 0;
  #latest = 0;
  #waiting: Uint8Array = new Uint8Array();

  /** Makes an empty pipe. */
  constructor(clock: SimulatedClock, random: Random, profile: Profile) {
    this.#clock = clock;
    this.#random = random;
    this.profile = profile;
  }

  /** Bytes that can still be sent. */
  get room(): number {
    return this.profile.capacity - this.#size;
  }

  /** Bytes that wait to be read. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Sends an item. It arrives after those before it. */
  send(item: Item): void {
    this.#travelling.push(item);
    if (item instanceof Uint8Array) this.#size += item.length;
    const { now } = this.#clock;
    const arrival = now + this.#random.below(this.profile.delay + 1);
    this.#latest = Math.max(this.#latest, arrival);
    this.#clock.schedule(this.#latest - now, () => this.#arrive());
  }

  #arrive(): void {
    // Always the oldest item, whichever of several arrivals this is.
    const item = this.#travelling.shift()!;
    if (item instanceof Uint8Array) {
      this.#waiting = Buffer.concat([this.#waiting, item]);
    } else if (item === "reset") {
      this.drop(); // as on some systems: unread bytes are lost
    }
    this.onArrival(item);
  }

  /** Moves bytes that wait into `into`, and returns how many. */
  read(into: Uint8Array): number {
    const count = this.some(Math.min(into.length, this.#waiting.length));
    into.set(this.#waiting.subarray(0, count));
    this.#waiting = this.#waiting.slice(count);
    this.#size -= count;
    this.onRoom();
    return count;
  }

  /** Drops the bytes that wait to be read. */
  drop(): void {
    this.#size -= this.#waiting.length;
    this.#waiting = new Uint8Array();
    this.onRoom();
  }

  /** Returns `most`, or at random a smaller number, but at least 1. */
  some(most: number): number {
    const { shortness } = this.profile;
    const short = shortness > 0 && this.#random.below(shortness) === 0;
    return short ? 1 + this.#random.below(most) : most;
  }
}
