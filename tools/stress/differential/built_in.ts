/**
 * Comparing the JSON reader with `JSON.parse`.
 *
 * @module
 */

import { FORMATS, type Message } from "../../../lib/formats/formats.ts";
import type { LimitName, MessageLimits } from "../../../lib/limits.ts";
import { shown } from "./machine.ts";
import { type Input, type Outcome, read, same } from "./outcome.ts";

/** How many lines there were, and how they ended. */
export interface LineCounts {
  lines: number;
  values: number;
  /** Lines that are JSON, but exceed a limit, or have a number that is not exact. */
  overLimits: number;
  notJson: number;
}

/** Returns counts of 0. */
export function noLines(): LineCounts {
  return { lines: 0, values: 0, overLimits: 0, notJson: 0 };
}

/** The limits that no line exceeds. */
const NO_LIMITS: MessageLimits = {
  maxRequestBytes: Infinity,
  maxDepth: Infinity,
  maxItems: Infinity,
  maxUnfinishedBytes: Infinity,
};

/** A text in quotes. */
const TEXT = /"(?:[^"\\]|\\.)*"/g;
const NUMBER = /-?\d[\d.eE+-]*/g;

/**
 * Reads a line, and compares the outcome with what `JSON.parse` and the limits
 * demand.
 *
 * @throws {Error} If the value or the limit is another one, or the line is refused
 * and should not be.
 */
export function compareWithBuiltIn(input: Input, counts: LineCounts): void {
  const { bytes, limits } = input;
  const outcome = read(FORMATS.json, input);
  const wrong = (why: string): Error => new Error(`${why}${shown(input)}`);
  counts.lines++;
  const json = jsonOf(bytes);
  if (json === undefined) {
    counts.notJson++;
    const refusal = read(FORMATS.json, { ...input, limits: NO_LIMITS }).refusal;
    if (!outcome.refusal || !refusal) {
      throw wrong("it is not JSON, and is read");
    }
    if (refusal.limit) throw wrong("it exceeds a limit that is not there");
    return;
  }
  const reasons = reasonsOf(json.text, bytes.length, limits);
  const { refusal } = outcome;
  if (reasons.size === 0) {
    counts.values++;
    if (refusal) throw wrong(`it is refused: ${refusal.words}`);
    if (!isOnly(json.value, outcome)) throw wrong("it is another value");
    return;
  }
  counts.overLimits++;
  if (!refusal) throw wrong(`it is read, in spite of ${[...reasons].join()}`);
  if (!reasons.has(refusal.limit)) {
    throw wrong(
      `it is refused for ${refusal.limit}, not ${[...reasons].join()}`,
    );
  }
}

/** Whether a reader made only this message, of all bytes. */
function isOnly(value: Message, { messages, taken }: Outcome): boolean {
  const [[bytes, pending]] = taken;
  return messages.length === 1 && same(messages[0], value) && bytes > 0 &&
    pending === 0;
}

/** Returns the line as text and as a value; `undefined` if it is not JSON. */
function jsonOf(
  bytes: Uint8Array,
): { text: string; value: Message } | undefined {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const text = decoder.decode(bytes);
    return { text, value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Returns why JSON must be refused: the limits that it exceeds, and `undefined` if a number is not exact. */
function reasonsOf(
  json: string,
  length: number,
  { maxRequestBytes, maxDepth, maxItems }: MessageLimits,
): Set<LimitName | undefined> {
  if (length > maxRequestBytes) return new Set(["maxRequestBytes"]);
  const reasons = new Set<LimitName | undefined>();
  const bare = json.replace(TEXT, '""').replace(/\s/g, "");
  let depth = 0;
  let deepest = 0;
  for (const character of bare) {
    if ("[{".includes(character)) deepest = Math.max(deepest, ++depth);
    else if ("]}".includes(character)) depth--;
  }
  if (deepest > maxDepth) reasons.add("maxDepth");
  // The first item of a container has no comma before it.
  const items = bare.match(/,|[[{](?![\]}])/g) ?? [];
  if (items.length > maxItems) reasons.add("maxItems");
  const numbers = (bare.match(NUMBER) ?? []).map(Number);
  if (!numbers.every(isExact)) reasons.add(undefined);
  return reasons;
}

function isExact(number: number): boolean {
  if (Number.isInteger(number)) return Number.isSafeInteger(number);
  return Number.isFinite(number);
}
