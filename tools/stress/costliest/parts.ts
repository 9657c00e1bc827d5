/**
 * The parts of which costly messages are made.
 *
 * @module
 */

import type { FORMATS } from "../../../lib/formats/formats.ts";

/** A part of a message. It can differ each time that it is repeated. */
export interface Part {
  /** Its name, for people. */
  name: string;
  /** Returns its bytes when it comes for the `n`th time. */
  bytes(n: number): Uint8Array;
}

/** What comes before and after the parts, so that they make a whole message. */
export interface Frame {
  /** Its name, for people. */
  name: string;
  before: Uint8Array;
  after: Uint8Array;
}

/** A format, with the parts and frames of its messages. */
export interface Grammar {
  /** The format's name. */
  format: keyof typeof FORMATS;
  parts: readonly Part[];
  frames: readonly Frame[];
  /** The parts that are tried in threes, too: those that do not only vary another. */
  core: readonly Part[];
}

const NUMBER = new DataView(new ArrayBuffer(8));

/** Returns the bytes of an opcode, and of its argument. */
export function op(code: number, ...argument: number[]): Uint8Array {
  return Uint8Array.of(code, ...argument);
}

/** Returns the four bytes of an integer, the low byte first. */
export function int32(value: number): Uint8Array {
  NUMBER.setInt32(0, value, true);
  return new Uint8Array(NUMBER.buffer.slice(0, 4));
}

/** Returns a part that is always the same. */
export function same(name: string, bytes: Uint8Array): Part {
  return { name, bytes: () => bytes };
}

/** Returns a part that differs each time. The same differences are used again after `period` times. */
export function varied(
  name: string,
  period: number,
  bytes: (n: number) => Uint8Array,
): Part {
  const made: Uint8Array[] = [];
  return { name, bytes: (n) => made[n % period] ??= bytes(n % period) };
}

/** The lowest bits of a hash choose where V8 keeps a number of a `Set` or `Map`. */
const HASH_MASK = 0xfff;
const colliding: number[] = [];

/** Returns the `n`th of the positive integers that V8 keeps all in the same place. */
export function collidingInteger(n: number): number {
  let next = colliding.length === 0 ? 0 : colliding[colliding.length - 1];
  while (colliding.length <= n) {
    while ((hashOf(++next) & HASH_MASK) !== 0);
    colliding.push(next);
  }
  return colliding[n];
}

/** V8's hash of a small integer: `ComputeUnseededHash` in `src/utils/utils.h`. */
function hashOf(key: number): number {
  let hash = ~key + (key << 15) | 0;
  hash ^= hash >>> 12;
  hash = hash + (hash << 2) | 0;
  hash ^= hash >>> 4;
  hash = Math.imul(hash, 2057);
  return hash ^ hash >>> 16;
}
