/**
 * Inputs: messages as they are, cut, changed, and one behind another.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { DEFAULT_LIMITS, type MessageLimits } from "../../../lib/limits.ts";
import { Random } from "../../../lib/testing/random.ts";
import type { Input } from "./outcome.ts";
import { pickleOf } from "./pickles.ts";

/** A pickle up to this length is cut at every place; a longer one at as many. */
const MOST_CUTS = 100;

/** Returns a source of random numbers. Those of seeds side by side are far apart. */
export function randomOf(seed: number): Random {
  return new Random(Math.imul(seed, 2_654_435_761));
}

/** Returns the inputs of a seed: one, or a pickle cut at every place. */
export function pickleInputs(seed: number): Input[] {
  const random = randomOf(seed);
  const pickle = pickleOf(random);
  if (random.below(200) === 0) return cuts(random, pickle);
  let bytes = pickle;
  if (random.below(4) === 0) bytes = concat([bytes, pickleOf(random)]);
  if (random.below(5) < 2) bytes = changed(random, bytes);
  const end = bytes.length;
  const ends = random.below(3) > 0 ? [end] : pieces(random, end);
  return [{ bytes, ends, limits: limitsOf(random, pickle.length) }];
}

function cuts(random: Random, bytes: Uint8Array): Input[] {
  const { length } = bytes;
  const limits = limitsOf(random, length);
  const count = Math.min(length, MOST_CUTS);
  return Array.from({ length: count }, (_, i) => {
    const end = length <= MOST_CUTS ? i : random.below(length);
    return { bytes, ends: [end], limits };
  });
}

/** Returns ascending numbers of bytes, the last of them `end`. */
function pieces(random: Random, end: number): number[] {
  const ends: number[] = [];
  for (let at = 0; at < end;) {
    at += 1 + random.below(random.pick([1, 8, end]));
    ends.push(Math.min(at, end));
  }
  return ends;
}

/** Changes, inserts or deletes one to three bytes. */
export function changed(random: Random, original: Uint8Array): Uint8Array {
  let bytes = original;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(bytes.length + 1);
    const byte = random.below(2) > 0
      ? random.below(256)
      : original[random.below(original.length)];
    const head = bytes.subarray(0, at);
    const kind = random.below(3);
    bytes = concat([
      head,
      kind < 2 ? Uint8Array.of(byte) : Uint8Array.of(),
      bytes.subarray(kind === 0 ? at : at + 1),
    ]);
  }
  return bytes;
}

/** Returns the default limits, or some that a message of this length may just keep or exceed. */
export function limitsOf(random: Random, length: number): MessageLimits {
  if (random.below(3) > 0) return DEFAULT_LIMITS;
  const maxRequestBytes = random.pick([
    65_536,
    4096,
    length * 8,
    length * 2,
    length + 1,
    length,
    length - 1,
  ]);
  return {
    maxRequestBytes,
    maxDepth: random.pick([32, 32, 8, 2, 1, 0]),
    maxItems: random.pick([4096, 4096, 256, 5, 3, 2, 1, 0]),
    maxUnfinishedBytes: Infinity,
  };
}
