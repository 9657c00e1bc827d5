/**
 * Text for people: escaped network input, errors and counts.
 *
 * @module
 */

/** A character that one sees. */
const VISIBLE = String.raw`[^\p{Default_Ignorable_Code_Point}\p{C}\p{Z}]`;
/** The variation selectors, which choose the look of the character before them. */
const SELECTOR = String.raw`[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]`;
/** Invisible characters that Persian names and emoji need: allowed one at a time, between visible ones. */
const JOINS =
  `(?<=${VISIBLE}${SELECTOR}?)[\u200c\u200d](?=${VISIBLE})|(?<=${VISIBLE})${SELECTOR}`;

/**
 * Characters that can deceive a reader: control characters, line separators, lone
 * surrogates, invisible characters, characters that change the text direction,
 * spaces after a space, and more than three marks on one character.
 */
const UNSAFE = new RegExp(
  String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?<=\p{Zs})\p{Zs}|(?<=\p{M}{3})\p{M}|` +
    String.raw`(?!${JOINS})\p{Default_Ignorable_Code_Point}`,
  "gu",
);

/** Most texts have none of these, and need no further check. */
const UNUSUAL = /[^ -~]| {2}/;

/**
 * Escapes, as Python does, every character that could forge a line, move the
 * cursor, or hide.
 *
 * @example
 * ```ts
 * import { escape } from "./text.ts";
 *
 * if (escape("Al\nice\x1b[2J") !== "Al\\nice\\x1b[2J") throw new Error();
 * ```
 */
export function escape(text: string): string {
  return UNUSUAL.test(text) ? text.replace(UNSAFE, escapeCharacter) : text;
}

/** Returns the escape of a character, as Python writes it. */
export function escapeCharacter(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  const hex = character.codePointAt(0)!.toString(16);
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4
    ? `\\u${hex.padStart(4, "0")}`
    : `\\U${hex.padStart(8, "0")}`;
}

const SHORT: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Escapes a text of a peer, and cuts it after this many characters. Then it adds the full length. */
export function escapeAndCut(text: string, longest: number): string {
  const shown = escape(cut(text, longest));
  if (text.length <= longest && shown.length <= longest) return shown;
  return `${cut(shown, longest)}... (${counted(text.length, "character")})`;
}

/** Returns at most the first `longest` characters, and no half of one. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return text.slice(0, longest).replace(/[\ud800-\udbff]$/, "");
}

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
