/**
 * Comparing the JSON reader with `JSON.parse`.
 *
 * @module
 */

import {
  FORMATS,
  isMessageMap,
  type Message,
  type MessageMap,
} from "../../../lib/formats/formats.ts";
import type { LimitName, MessageLimits } from "../../../lib/limits.ts";
import { shown } from "./machine.ts";
import { type Input, type Outcome, read, same, show } from "./outcome.ts";

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

/** A text in quotes, and the colon behind a key. */
const TEXT = /("(?:[^"\\]|\\.)*")(\s*:)?/g;
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
    if (!isOnly(json.value, outcome)) {
      const { messages, taken } = outcome;
      throw wrong(
        `it is ${show({ messages, taken })}, not ${show(json.value)}`,
      );
    }
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
    JSON.parse(text);
    return { text, value: valueOf(text) };
  } catch {
    return undefined;
  }
}

/**
 * Returns the value of valid JSON. A bug of V8 makes `JSON.parse` read some keys with
 * escapes as others: after `{"h":[],"\\":0}`, it reads `{"h":1,"\"":2}` with a
 * backslash as the second key. So it gets short names for the keys here, and each key
 * as a text of its own.
 */
function valueOf(json: string): Message {
  const keys: string[] = [];
  const named = json.replace(TEXT, (_, text: string, colon?: string) => {
    if (colon === undefined) return text;
    const key = JSON.parse(text);
    if (!keys.includes(key)) keys.push(key);
    return `"k${keys.indexOf(key)}"${colon}`;
  });
  const withKeys = (value: Message): Message => {
    if (Array.isArray(value)) return value.map(withKeys);
    if (!isMessageMap(value)) return value;
    const map: MessageMap = {};
    for (const [name, item] of Object.entries(value)) {
      const own = { writable: true, enumerable: true, configurable: true };
      const key = keys[Number(name.slice(1))];
      Object.defineProperty(map, key, { ...own, value: withKeys(item) });
    }
    return map;
  };
  return withKeys(JSON.parse(named));
}

/** Returns why JSON must be refused: the limits that it exceeds, and `undefined` if a number is not exact. */
function reasonsOf(
  json: string,
  length: number,
  { maxRequestBytes, maxDepth, maxItems }: MessageLimits,
): Set<LimitName | undefined> {
  if (length > maxRequestBytes) return new Set(["maxRequestBytes"]);
  const reasons = new Set<LimitName | undefined>();
  const bare = json.replace(TEXT, '""$2').replace(/\s/g, "");
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
