/**
 * Shows messages as the lab's programs do.
 *
 * @module
 */

import type { Message } from "./format.ts";
import { cut, escapeCharacter } from "../text.ts";

/** How many characters of a message are shown. */
const LONGEST = 200;

/**
 * Formats a message as Python's `repr` does, on one line, and cuts a long one.
 *
 * @example
 * ```ts
 * import { pythonRepr } from "./python_repr.ts";
 *
 * if (pythonRepr({ clientid: 60644 }) !== "{'clientid': 60644}") throw new Error();
 * ```
 */
export function pythonRepr(message: Message): string {
  const text = repr(message, LONGEST);
  return text.length <= LONGEST ? text : `${cut(text, LONGEST)}...`;
}

/** Returns the text of a value, or the beginning of it if it is longer than `room`. */
function repr(value: Message, room: number): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quoted(value.slice(0, room));
  if (typeof value === "number") return float(value);
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return bytes(value.subarray(0, room));
  if (Array.isArray(value)) return sequence(value, room);
  if (value instanceof Set) return set(value, room);
  const entries = value instanceof Map ? value : Object.entries(value);
  const pair = ([key, item]: [Message, Message], room: number) =>
    `${repr(key, room)}: ${repr(item, room)}`;
  return `{${joined(entries, room, pair)}}`;
}

/** Joins the texts of items, until they are longer than `room`. */
function joined<T>(
  items: Iterable<T>,
  room: number,
  show: (item: T, room: number) => string,
): string {
  let text = "";
  for (const item of items) {
    if (text.length > room) break;
    text += (text && ", ") + show(item, room);
  }
  return text;
}

/** A frozen array is a tuple; any other array is a list. */
function sequence(items: readonly Message[], room: number): string {
  const inner = joined(items, room, repr);
  if (!Object.isFrozen(items)) return `[${inner}]`;
  return items.length === 1 ? `(${inner},)` : `(${inner})`;
}

/** A frozen set is a `frozenset`. */
function set(items: ReadonlySet<Message>, room: number): string {
  const inner = items.size > 0 ? `{${joined(items, room, repr)}}` : "";
  if (Object.isFrozen(items)) return `frozenset(${inner})`;
  return inner || "set()";
}

/** A number that may be an integer is shown as one; any other is a float. */
function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  if (Number.isSafeInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e16 || size < 1e-4) {
    // Python's exponent has at least two digits.
    return value.toExponential().replace(/(?<=e[+-])\d$/, "0$&");
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** The characters that Python does not show as they are. */
const NOT_PRINTABLE = /(?! )[\p{C}\p{Z}]/gu;

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const plain = text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`);
  return quote + plain.replace(NOT_PRINTABLE, escapeCharacter) + quote;
}

/** Bytes are shown as text, but those beyond ASCII as their numbers. */
function bytes(value: Uint8Array): string {
  const text = Array.from(value, (byte) => String.fromCharCode(byte)).join("");
  return "b" + quoted(text).replace(/[^ -~]/g, escapeCharacter);
}
