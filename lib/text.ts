/**
 * Showing what came from the network, or went wrong.
 *
 * @module
 */

/** Controls, line separators, what turns the writing direction, and half pairs. */
const UNSAFE =
  // deno-lint-ignore no-control-regex -- controls are what this is about
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** What is looked at more closely: most texts have none of it. */
const UNUSUAL = /[^ -~]/;

/**
 * Escapes, in Python's way, every character that could forge a line or move the cursor.
 *
 * @example
 * ```ts
 * import { escape } from "./text.ts";
 *
 * if (escape("Al\nice\x1b[2J") !== "Al\\nice\\x1b[2J") throw new Error();
 * ```
 */
export function escape(text: string): string {
  if (!UNUSUAL.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const short = SHORT[character];
    if (short !== undefined) return short;
    const hex = character.charCodeAt(0).toString(16);
    return hex.length <= 2
      ? `\\x${hex.padStart(2, "0")}`
      : `\\u${hex.padStart(4, "0")}`;
  });
}

const SHORT: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** What an error says, on one line. Never throws, whatever was thrown. */
export function reason(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    if (typeof error !== "object") return String(error);
    return "something that is no Error";
  } catch {
    return "something that cannot be shown";
  }
}

/** A number of things, such as `1 request` or `2 requests`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
