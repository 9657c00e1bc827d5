/**
 * One direction of a simulated connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Random } from "./random.ts";
import type { SimulatedClock } from "./clock.ts";

/** What travels: bytes, the news that no more come, or a reset. */
export type Item = Uint8Array | "end" | "reset";

/** How a direction behaves. */
export interface Profile {
  /** Bytes that may be on their way or wait to be read. */
  capacity: number;
  /** Milliseconds that an item travels, at most. */
  delay: number;
  /** One read or write in so many is short; 0 is none. */
  shortness: number;
}

/** A direction with room for everything, in which items travel for at most 4 ms. */
export const PLAIN: Readonly<Profile> = {
  capacity: 100_000,
  delay: 4,
  shortness: 0,
};

/** Bytes on their way from one end to the other, in order, and bytes that wait there. */
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

  /** A pipe that is empty. */
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
    // The oldest, whichever of several arrivals this is.
    const item = this.#travelling.shift()!;
    if (item instanceof Uint8Array) {
      this.#waiting = Buffer.concat([this.#waiting, item]);
    } else if (item === "reset") {
      this.drop(); // as some systems do: what was not read is lost
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

  /** Drops the bytes that wait. */
  drop(): void {
    this.#size -= this.#waiting.length;
    this.#waiting = new Uint8Array();
    this.onRoom();
  }

  /** So many, or once in a while fewer, but one at least. */
  some(most: number): number {
    const { shortness } = this.profile;
    const short = shortness > 0 && this.#random.below(shortness) === 0;
    return short ? 1 + this.#random.below(most) : most;
  }
}
