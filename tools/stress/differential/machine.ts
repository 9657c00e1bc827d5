/**
 * Comparing the pickle reader as it is with its general path alone.
 *
 * @module
 */

import { FORMATS } from "../../../lib/formats/formats.ts";
import { DictReader } from "../../../lib/formats/pickle/dict.ts";
import { difference, type Input, type Outcome, read } from "./outcome.ts";

/** How many inputs, dicts and messages there were, and how the inputs ended. */
export interface PickleCounts {
  inputs: number;
  /** Messages that the fast path read. */
  dicts: number;
  messages: number;
  complete: number;
  incomplete: number;
  refused: number;
}

/** Returns counts of 0. */
export function noPickles(): PickleCounts {
  return {
    inputs: 0,
    dicts: 0,
    messages: 0,
    complete: 0,
    incomplete: 0,
    refused: 0,
  };
}

/** An input, and the seed that makes it. */
export interface Seeded {
  readonly seed: number;
  readonly input: Input;
}

/**
 * Reads inputs twice: as the server does, and with a fast path that reads nothing.
 *
 * @throws {Error} If the outcomes of one differ in a message, in the bytes taken, or
 * in the error: its class, its limit and its words. The words may differ if one of
 * the two paused within a message, and its start is gone.
 */
export function compareWithMachine(
  seeded: readonly Seeded[],
  counts: PickleCounts,
): void {
  const readAll = () => seeded.map(readOne);
  const { read: readDict } = DictReader.prototype;
  const asItIs = withFastPath(function (...where) {
    const end = readDict.apply(this, where);
    if (end > 0) counts.dicts++;
    return end;
  }, readAll);
  const byMachine = withFastPath(() => 0, readAll);
  for (const [i, { seed, input }] of seeded.entries()) {
    const differs = difference(asItIs[i], byMachine[i]);
    if (differs !== undefined) {
      throw new Error(`--seed ${seed}, pickle: ${differs}${shown(input)}`);
    }
    count(asItIs[i], input, counts);
  }
}

function readOne({ seed, input }: Seeded): Outcome {
  try {
    return read(FORMATS.pickle, input);
  } catch (error) {
    throw new Error(`--seed ${seed}, pickle: ${error}${shown(input)}`);
  }
}

/** Does something while {@linkcode DictReader} reads in another way. */
function withFastPath<T>(
  read: (this: DictReader, ...where: Parameters<DictReader["read"]>) => number,
  work: () => T,
): T {
  const usual = DictReader.prototype.read;
  DictReader.prototype.read = read;
  try {
    return work();
  } finally {
    DictReader.prototype.read = usual;
  }
}

function count(outcome: Outcome, input: Input, counts: PickleCounts): void {
  const [taken, pending] = outcome.taken.at(-1) ?? [0, 0];
  counts.inputs++;
  counts.messages += outcome.messages.length;
  if (outcome.refusal) counts.refused++;
  else if (pending > 0 || taken < input.ends.at(-1)!) counts.incomplete++;
  else counts.complete++;
}

/** Returns an input as lines that a test can quote. */
export function shown({ bytes, ends, limits }: Input): string {
  const { maxRequestBytes, maxDepth, maxItems } = limits;
  return `\n  bytes in hexadecimal: ${bytes.toHex()}` +
    `\n  bytes that have come at each read: ${ends.join(", ")}` +
    `\n  maxRequestBytes ${maxRequestBytes}, maxDepth ${maxDepth}, maxItems ${maxItems}`;
}
