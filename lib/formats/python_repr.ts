/**
 * Shows messages as the lab's programs do.
 *
 * @module
 */

import type { Message } from "./format.ts";
import { escape } from "../text.ts";

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
  const text = repr(message);
  return text.length <= LONGEST ? text : text.slice(0, LONGEST) + "...";
}

function repr(value: Message): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return bytes(value);
  if (Array.isArray(value)) return sequence(value);
  if (value instanceof Set) {
    return value.size === 0 ? "set()" : `{${[...value].map(repr).join(", ")}}`;
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([k, v]) => `${repr(k)}: ${repr(v)}`).join(", ")}}`;
}

/** A frozen array is a tuple; any other array is a list. */
function sequence(items: readonly Message[]): string {
  const inner = items.map(repr).join(", ");
  if (!Object.isFrozen(items)) return `[${inner}]`;
  return items.length === 1 ? `(${inner},)` : `(${inner})`;
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote +
    escape(text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)) +
    quote;
}

function bytes(value: Uint8Array): string {
  return "b'" + Array.from(value, (byte) => {
    return byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`;
  }).join("") + "'";
}
