/**
 * The search for the message that costs most.
 *
 * @module
 */

import type { Frame, Grammar, Part } from "./parts.ts";

/** The length of a message, in bytes: the longest that the server takes. */
const LENGTH = 65_536;
/** The length at which a sequence of three parts is tried first. */
const SHORT = 4096;
/** How many sequences are tried again at full length. */
const KEPT = 400;
/** How many of these are tried exactly. */
const BEST = 40;

/** A message of repeated parts. */
export interface Candidate {
  grammar: Grammar;
  frame: Frame;
  parts: readonly Part[];
  /** What it costs, in the unit of the {@linkcode Cost}. */
  cost: number;
}

/** Returns the cost of a message. An exact cost takes longer to find. */
export type Cost = (
  format: Grammar["format"],
  bytes: Uint8Array,
  isExact: boolean,
) => number;

/** Returns the candidate's name. */
export function nameOf({ grammar, frame, parts }: Candidate): string {
  const repeated = parts.map(({ name }) => name).join(", ");
  return `${grammar.format}: ${repeated}, ${frame.name}`;
}

/** Returns the candidate's message, of at most `length` bytes. */
export function messageOf(
  { frame: { before, after }, parts }: Omit<Candidate, "cost">,
  length: number = LENGTH,
): Uint8Array {
  const message = new Uint8Array(
    Math.max(length, before.length + after.length),
  );
  message.set(before);
  let at = before.length;
  const end = length - after.length;
  for (let n = 0; at < end; n++) {
    const all = parts.map((part) => part.bytes(n));
    const size = all.reduce((sum, { length }) => sum + length, 0);
    if (at + size > end) break;
    for (const bytes of all) {
      message.set(bytes, at);
      at += bytes.length;
    }
  }
  message.set(after, at);
  return message.subarray(0, at + after.length);
}

/** Returns all sequences of one and two parts, and those of three core parts. */
function* sequences(
  { parts, core }: Grammar,
): Generator<{ parts: Part[]; isLong: boolean }> {
  for (const a of parts) {
    yield { parts: [a], isLong: true };
    for (const b of parts) yield { parts: [a, b], isLong: true };
  }
  for (const a of core) {
    for (const b of core) {
      for (const c of core) yield { parts: [a, b, c], isLong: false };
    }
  }
}

/** Tries all sequences in all frames. Returns the costliest first, at most `count`. */
export function costliest(
  grammar: Grammar,
  cost: Cost,
  count: number,
): Candidate[] {
  const long: Candidate[] = [];
  const short: Candidate[] = [];
  for (const frame of grammar.frames) {
    for (const { parts, isLong } of sequences(grammar)) {
      const candidate: Candidate = { grammar, frame, parts, cost: 0 };
      const bytes = messageOf(
        candidate,
        isLong ? LENGTH : frame.before.length + SHORT,
      );
      candidate.cost = cost(grammar.format, bytes, false);
      keepBest(isLong ? long : short, candidate);
    }
  }
  const again = [...best(long, KEPT), ...best(short, KEPT)];
  for (const isExact of [false, true]) {
    for (const candidate of again) {
      candidate.cost = cost(grammar.format, messageOf(candidate), isExact);
    }
    again.splice(0, Infinity, ...best(again, BEST));
  }
  return best(again, count);
}

/** Adds a candidate to a list that keeps only the best ones. */
function keepBest(list: Candidate[], candidate: Candidate): void {
  list.push(candidate);
  if (list.length > 10 * KEPT) list.splice(0, Infinity, ...best(list, KEPT));
}

function best(list: readonly Candidate[], count: number): Candidate[] {
  return list.toSorted((a, b) => b.cost - a.cost).slice(0, count);
}
