/**
 * Text for people: escaped network input, errors and counts.
 *
 * @module
 */

/** Control characters, line separators, characters that change the text direction, and lone surrogates. */
const UNSAFE =
  // deno-lint-ignore no-control-regex -- it must match control characters
  /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

/** Characters outside printable ASCII. Most texts have none and need no further check. */
const UNUSUAL = /[^ -~]/;

/**
 * Escapes, as Python does, every character that could forge a line or move the cursor.
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

/** Returns an error's name and message. Never throws, whatever `error` is. */
export function reason(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    if (typeof error !== "object") return String(error);
    return "a value that is not an Error";
  } catch {
    return "a value that cannot be shown";
  }
}

/** Returns a number with its noun, such as `1 request` or `2 requests`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
