/**
 * Text for people: escaped network input, errors and counts.
 *
 * @module
 */

/** Characters that look like spaces, although Unicode calls them symbols, letters or marks. */
const BLANK = String.raw`\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}`;
/** Characters without a look of their own: invisible, control and unassigned ones. */
const HIDDEN = String.raw`\p{Default_Ignorable_Code_Point}\p{C}${BLANK}`;
/** Characters that are drawn over the one before: most marks, and the vowels and final consonants of Hangul. */
const MARK = String.raw`\p{Mn}\p{Me}\u1161-\u11ff\ud7b0-\ud7fb`;
const VISIBLE = String.raw`[^${HIDDEN}\p{Z}]`;
/** The variation selectors, which choose the look of the character before them. */
const SELECTOR = String.raw`[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]`;
const JOINER = "[\u200c\u200d]";
/** Invisible characters that Persian names and emoji need: allowed one at a time, between visible ones. */
const JOINS =
  `(?<=${VISIBLE}${SELECTOR}?)${JOINER}(?=${VISIBLE})|(?<=${VISIBLE})${SELECTOR}`;
/** What comes before each of the first three marks on a character. Indic marks may be joined. */
const MARKED = String.raw`(?<=[^${HIDDEN}\p{Z}${MARK}]` +
  `(?:${JOINER}?[${MARK}]){0,2}${JOINER}?)`;

/**
 * Characters that can deceive a reader: control characters, line separators,
 * lone surrogates, unassigned and invisible characters, characters that change
 * the text direction, spaces at an end or after a space, marks on nothing, and
 * more than three marks on one character.
 */
const UNSAFE = new RegExp(
  String.raw`(?=[${HIDDEN}\p{Zl}\p{Zp}])(?!${JOINS}).|` +
    String.raw`(?=[${MARK}])(?!${MARKED}).|(?<=^|\p{Zs})\p{Zs}|\p{Zs}$`,
  "gsu",
);

/** Most texts have none of these, and need no further check. */
const UNUSUAL = /[^ -~]|^ | {2}| $/;

/**
 * Escapes, as Python does, every character that could forge a line, move the
 * cursor, or hide.
 *
 * @example
 * ```ts
 * import { escape } from "@rollcall/rollcall/text";
 *
 * if (escape("Al\nice\x1b[2J") !== "Al\\nice\\x1b[2J") throw new Error();
 * ```
 */
export function escape(text: string): string {
  return isPlain(text) ? text : text.replace(UNSAFE, escapeCharacter);
}

/**
 * Whether a text has only visible ASCII characters, and single spaces between them.
 *
 * @example
 * ```ts
 * import { isPlain } from "@rollcall/rollcall/text";
 *
 * if (!isPlain("Alice Brown")) throw new Error("it is plain");
 * for (const text of ["Zoë", "Alice  Brown", "Alice\n"]) {
 *   if (isPlain(text)) throw new Error(text);
 * }
 * ```
 */
export function isPlain(text: string): boolean {
  return !UNUSUAL.test(text);
}

/**
 * Returns the escape of a character, as Python writes it.
 *
 * @example
 * ```ts
 * import { escapeCharacter } from "@rollcall/rollcall/text";
 *
 * const escapes = ["\n", "\x1b", "\u202e"].map(escapeCharacter).join(" ");
 * if (escapes !== "\\n \\x1b \\u202e") throw new Error(escapes);
 * ```
 */
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

/**
 * Escapes a text of a peer, and cuts it after this many columns of a terminal. Then it
 * adds the full length.
 *
 * @example
 * ```ts
 * import { escapeAndCut } from "@rollcall/rollcall/text";
 *
 * const shown = escapeAndCut("\x1b[2J" + "a".repeat(1000), 10);
 * if (shown !== "\\x1b[2Jaaa... (1004 characters)") throw new Error(shown);
 * ```
 */
export function escapeAndCut(text: string, longest: number): string {
  // One more, so that its last character is judged by the one after it.
  const escaped = escape(cut(text, longest + 1));
  const shown = firstColumns(escaped, longest);
  if (text.length <= longest + 1 && shown === escaped) return shown;
  return `${shown}... (${counted(text.length, "character")})`;
}

/**
 * Returns at most the first `longest` characters, and no half of one.
 *
 * @example
 * ```ts
 * import { cut } from "@rollcall/rollcall/text";
 *
 * if (cut("Alice", 3) !== "Ali") throw new Error("too long");
 * if (cut("tea 🍵", 5) !== "tea ") throw new Error("half an emoji");
 * ```
 */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return text.slice(0, longest).replace(/[\ud800-\udbff]$/, "");
}

/**
 * As {@linkcode cut}, for a text that is kept: a slice would keep all of the text that it is from.
 *
 * @example
 * ```ts
 * import { cutToKeep } from "@rollcall/rollcall/text";
 *
 * const names = new Set<string>();
 * const request = "Alice".padEnd(1_000_000, "!");
 * names.add(cutToKeep(request, 5)); // the other 999,995 characters can be freed
 * if (!names.has("Alice")) throw new Error("another name");
 * ```
 */
export function cutToKeep(text: string, longest: number): string {
  return text.length <= longest ? text : [...cut(text, longest)].join("");
}

/** An escape, or a character. */
const SHOWN = /\\(?:x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|[nrt])|./gu;
/** The selector that makes an emoji of the character before it. */
const AS_EMOJI = "\ufe0f";
/** Characters without a column of their own: marks, joiners and variation selectors. */
const NO_COLUMN = new RegExp(`${JOINER}|${SELECTOR}|[${MARK}]`, "u");
/** Characters that are two columns wide: those of East Asia, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u3247\u3250-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3ffff}]|(?!\p{RI})\p{Emoji_Presentation}/u;

/**
 * Returns how many columns of a terminal an escaped text takes.
 *
 * @example
 * ```ts
 * import { columnsOf } from "@rollcall/rollcall/text";
 *
 * const columns = ["tea", "お茶", "🍵"].map(columnsOf).join();
 * if (columns !== "3,4,2") throw new Error(columns);
 * ```
 */
export function columnsOf(text: string): number {
  if (isPlain(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += width(character);
  return columns;
}

function width(character: string): number {
  if (character <= "~") return 1;
  if (character === AS_EMOJI) return 1; // the character before it becomes wide
  if (NO_COLUMN.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/**
 * Returns the part of an escaped text that fits into so many columns. No escape is cut in two.
 *
 * @example
 * ```ts
 * import { firstColumns } from "@rollcall/rollcall/text";
 *
 * if (firstColumns("お茶です", 5) !== "お茶") throw new Error("too wide");
 * if (firstColumns("a\\x1b", 3) !== "a") throw new Error("half an escape");
 * ```
 */
export function firstColumns(text: string, longest: number): string {
  if (text.length * 2 <= longest) return text; // most texts are short
  if (isPlain(text) && !text.includes("\\")) return text.slice(0, longest);
  let columns = 0;
  for (const { 0: shown, index } of text.matchAll(SHOWN)) {
    columns += shown[0] === "\\" ? shown.length : width(shown);
    if (columns > longest) {
      return text.slice(0, index).replace(/[\u200c\u200d]$/, "");
    }
  }
  return text;
}

/**
 * Returns an error's name and message. Never throws, whatever `error` is.
 *
 * @example
 * ```ts
 * import { reason } from "@rollcall/rollcall/text";
 *
 * if (reason(new TypeError("no tea")) !== "TypeError: no tea") throw new Error();
 * if (reason("no tea") !== "no tea") throw new Error();
 * ```
 */
export function reason(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    if (typeof error !== "object") return String(error);
    return "a value that is not an Error";
  } catch {
    return "a value that cannot be shown";
  }
}

/**
 * Returns a number with its noun, such as `1 request` or `2 requests`.
 *
 * @example
 * ```ts
 * import { counted } from "@rollcall/rollcall/text";
 *
 * const shown = [0, 1, 2].map((count) => counted(count, "client")).join(", ");
 * if (shown !== "0 clients, 1 client, 2 clients") throw new Error(shown);
 * ```
 */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
