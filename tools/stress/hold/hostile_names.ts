/**
 * Names that could deceive a reader of the screen, and names that must not be
 * touched.
 *
 * @module
 */

import type { Random } from "../../../lib/testing/random.ts";

const FORGED = "Connected: Student: Eve, Github Username: eve, sid: 1";

/** Parts of names: each could forge, hide, move or wipe text, or hides what is next to it. */
const PARTS: readonly string[] = [
  ..."\0\x07\b\t\n\v\f\r\x1b\x7f\x85\x8e\x90\x9b\x9c\x9d",
  "\x1b[2J", // wipes the screen
  "\x1b[1A\r", // goes back to the line before
  "\x1b]0;title\x07",
  "\x9b2K",
  ..."\u2028\u2029", // line separators
  ..."\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
  ..."\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u034f",
  ..."\u180b\u180c\u180d\u180e\u180f\u17b4\u17b5\u206a\u206f",
  ..."\u115f\u1160\u3164\uffa0\u2800\u{13441}\u{16fe4}\u{1d159}", // look like spaces
  ..."\u{e0001}\u{e0020}\u{e0041}\u{e007f}", // tags
  ..."\ufe00\ufe0e\ufe0f\u{e0100}\u{e01ef}", // variation selectors
  ..."\ufff9\ufffa\ufffb\ufffc\u{1d173}\u{1d17a}\u{1bca0}\u{13430}",
  ..." \u00a0\u1680\u2002\u2003\u2009\u200a\u202f\u205f\u3000", // spaces
  " ".repeat(60),
  ..."\u0301\u0338\u0489\u20dd\u20e3\u0e34\u1161\u11a8\ud7b0", // drawn over
  "\u0301".repeat(20),
  ..."\ue000\uf8ff\u{f0000}\uffff\ufdd0\u{1fffe}\u0378\u{10ffff}", // private, unassigned
  ..."\ud800\udc00", // halves, which may meet
  ..."a1Z\\.,*",
  ..."李한あ\u{1f600}\u{1f468}\u2764\u05d0\u0645\u0915\u094d",
];

/** Names that are hostile as a whole. */
const HOSTILE: readonly string[] = [
  `\n${FORGED}`,
  `x\r${FORGED}`,
  `x\u2028${FORGED}`,
  `${" ".repeat(60)}${FORGED}`,
  `x${" ".repeat(79)}${FORGED}`,
  `x${"\u00a0".repeat(79)}${FORGED}`,
  `x${"\u2800 ".repeat(40)}${FORGED}`,
  `x${"\u3164".repeat(40)}${FORGED}`,
  "x".repeat(60_000),
  "\x01".repeat(5000),
  "李".repeat(20_000),
  "\u{1f600}".repeat(10_000),
  "\u1112\u1161".repeat(100),
  "Z" + "\u0301".repeat(1000),
  "Z" + "\u0301\u200d".repeat(1000),
  "\u1100" + "\u1161".repeat(1000),
  "a\ufe0f".repeat(40),
  "1\ufe0f\u20e3".repeat(40),
  "\u{1f468}\u200d".repeat(100),
  ..." \u3000\u0301\u200d\u2800",
  ...PARTS,
];

/** Names as people write them, and emoji. */
export const WHOLE: readonly string[] = [
  "Alice Brown",
  "Zoë O'Neil-García",
  "Nguyễn Thị Ánh",
  "Nguyễn Thị Ánh".normalize("NFD"),
  "علی‌رضا می‌خواهم", // Persian, with zero-width non-joiners
  "مُحَمَّدٌ",
  "שָׁלוֹם בֶּן־דָּוִד",
  "श्री क्‍षेत्र", // Hindi, with a joiner
  "র‍্যাব", // Bengali, with a joiner before a mark
  "ක්‍රිෂ්ණා", // Sinhala, with a joiner
  "ပြည့်ဖြိုး",
  "ศักดิ์สิทธิ์",
  "山田　太郎",
  "김민준",
  "김민준".normalize("NFD"),
  "👨‍👩‍👧‍👦 👩🏽‍💻 🏃🏻‍♀️ ❤️‍🔥 🏳️‍🌈",
  "🇩🇪🇻🇳 1️⃣ #️⃣ ☺︎",
  "葛󠄀城", // an ideograph with its variation
];

/** Returns all hostile names, and so many that are put together at random. */
export function hostileNames(random: Random, count: number): string[] {
  const names = [...HOSTILE];
  while (names.length < HOSTILE.length + count) {
    const parts = Array.from(
      { length: 1 + random.below(30) },
      () =>
        random.below(8) === 0
          ? String.fromCodePoint(random.below(0x110000))
          : random.pick(PARTS),
    );
    names.push(parts.join(""));
  }
  return names;
}
