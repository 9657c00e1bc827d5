/**
 * Judges how a server shows the texts of its clients, by rules of its own: it
 * allows what one sees, and the server escapes what one does not.
 *
 * @module
 */

/** Characters that one sees, each in a place of its own. */
const SEEN = /^[\p{L}\p{N}\p{P}\p{S}\p{Mc}]$/u;
const IGNORABLE = /^\p{Default_Ignorable_Code_Point}$/u;
const SPACE = /^\p{Zs}$/u;
/** Marks that take no place of their own. */
const MARK = /^[\p{Mn}\p{Me}]$/u;
const SELECTOR = /^\p{Variation_Selector}$/u;
/** Of these, Unicode says that they are symbols or letters, but they have no ink. */
const BLANK = [0x2800, 0x13441, 0x13442, 0x16fe4, 0x1d159];
/** The most marks on one character. */
const MARKS = 3;

/** The kind of a character, by how it is drawn. */
type Kind = "seen" | "mark" | "selector" | "joiner" | "space" | "unseen";

function kindOf(character: string): Kind {
  const code = character.codePointAt(0)!;
  if (code === 0x200c || code === 0x200d) return "joiner";
  // The Mongolian selectors are none that names in use need.
  if (SELECTOR.test(character) && code > 0x1fff) return "selector";
  if (IGNORABLE.test(character) || BLANK.includes(code)) return "unseen";
  if (MARK.test(character) || isInnerJamo(code)) return "mark";
  if (SPACE.test(character)) return "space";
  return SEEN.test(character) ? "seen" : "unseen";
}

/** Whether it is a Hangul vowel or final consonant, which is drawn into the character before. */
function isInnerJamo(code: number): boolean {
  return (code >= 0x1160 && code <= 0x11ff) ||
    (code >= 0xd7b0 && code <= 0xd7ff);
}

/** Returns the characters of a shown field that a reader does not see, or not as what they are. */
export function deceptive(field: string): string[] {
  const characters = [...field];
  const kinds = characters.map(kindOf);
  let marks = 0; // on the current character
  return characters.filter((_, i) => {
    const kind = kinds[i];
    const before = kinds[i - 1] ?? "space";
    const after = kinds[i + 1] ?? "space";
    const isDrawnOn = before !== "space" && before !== "unseen";
    switch (kind) {
      case "seen":
        marks = 0;
        return false;
      case "mark":
        return !isDrawnOn || ++marks > MARKS;
      case "selector":
        return before !== "seen" && before !== "mark";
      case "joiner":
        return !isDrawnOn || before === "joiner" ||
          (after !== "seen" && after !== "mark");
      case "space":
        return before === "space" || i === characters.length - 1;
      default:
        return true;
    }
  });
}

const WIDE_SCRIPT =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Script=Nushu}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** The selector that makes an emoji of the character before it. */
const AS_EMOJI = "\ufe0f";

/** Returns how many columns of a terminal a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    const kind = kindOf(character);
    if (kind === "seen" || kind === "space") columns += widthOf(character);
    else if (character === AS_EMOJI) columns++;
  }
  return columns;
}

function widthOf(character: string): number {
  const code = character.codePointAt(0)!;
  if (code > 0xff60 && code < 0xffe0) return 1; // the half-width forms
  const isFullWidth = (code >= 0xff01 && code <= 0xffe6) ||
    (code >= 0x3000 && code <= 0x303e);
  const isWide = isFullWidth || WIDE_SCRIPT.test(character) ||
    EMOJI.test(character);
  return isWide ? 2 : 1;
}

/** Returns the text that was escaped, as Python reads it. */
export function unescaped(shown: string): string {
  return shown
    .replace(
      /\\(?:x([\da-f]{2})|u([\da-f]{4})|U([\da-f]{8}))/g,
      (_, x, u, long) => String.fromCodePoint(parseInt(x ?? u ?? long, 16)),
    )
    .replace(/\\([nrt])/g, (_, c) => ({ n: "\n", r: "\r", t: "\t" })[c as "n"]);
}
