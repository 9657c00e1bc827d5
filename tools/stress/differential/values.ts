/**
 * Texts and numbers that readers could take in different ways.
 *
 * @module
 */

import type { Random } from "../../../lib/testing/random.ts";

const KEYS = ["student_name", "github_username", "sid"];

/** Texts that are, or look like, what JavaScript keeps apart. */
const OTHER_KEYS = [
  ...["__proto__", "constructor", "prototype", "toString", "length"],
  ...["0", "1", "9", "10", "00", "-1", "-0", "1e3", "4294967294"],
  ...["4294967295", "4294967296", "9007199254740993", "", " ", "a", "b"],
  ...["Sid", "sie", "student_namf", "github_usernamf", "clientid"],
];

const VALUES = [
  ...["Alice Brown", "Bob Chen", "alice-brown", "😀", "日本", "é", "ﬀ"],
  ...["\0", "\n", "line\nend", "'", '"', "\\", "\\\\", "\\n", "\\x41", "\\0"],
  ...["\\u0041", "\\U0001f600", "\\ud83d\\ude00", "\\\\u0041", "\\\\\\u0041"],
  ...["\ufeff", "\x80"],
  ...["x".repeat(15), "x".repeat(16), "x".repeat(17), "x".repeat(255)],
  ...["x".repeat(256), "é".repeat(8), "\x7f", "(dp0\n", "}.", "true", "null"],
];

/** Escapes that are wrong in some opcode. */
const BAD = ["\\ud800", "\\udc00", "\\u12", "\\U00110000", "\\q", "\\x4"];

/** Bytes that are not UTF-8, or nearly not. */
const RAW = [
  [0xff],
  [0x80],
  [0xc3],
  [0x41, 0xe9],
  [0xc0, 0x80],
  [0xe2, 0x82],
  [0xed, 0xa0, 0x80], // half a surrogate pair
  [0xed, 0x9f, 0xbf],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xef, 0xbb, 0xbf],
];

const encoded = (texts: readonly string[]) =>
  texts.map((text) => [...new TextEncoder().encode(text)]);

/** Texts as bytes, by what they are for. Those of the last kind may be refused. */
export const TEXTS = {
  keys: encoded([...KEYS, ...KEYS, ...OTHER_KEYS]),
  values: encoded([...KEYS, ...OTHER_KEYS, ...VALUES, ...VALUES]),
  bad: [...RAW, ...encoded(BAD)],
};

/** Returns a text about as long as the longest pickle of the fast path, or longer. */
export function longest(random: Random): number[] {
  const length = random.pick([255, 300, 2000, 4000, 4096, 70_000]) +
    random.below(100);
  return Array(length).fill(random.pick([0x41, 0x41, 0x80]));
}

/** Lines of a number's opcode. */
export const LINES: readonly string[] = [
  ...["0", "1", "00", "01", "02", "000", "001", "007", "-0", "+0", "-1", "+5"],
  ...[" 5", "5 ", "5\r", "\t5", "5L", "-5L", "0L", "LL", "L", "", "-", "+-1"],
  ...["0x10", "1_0", "1e3", "1.5", "-0.0", "1e400", "nan", "inf", "-inf"],
  ...["9".repeat(15), "9".repeat(16), "9007199254740991", "9007199254740992"],
  ...["-9007199254740991", "-9007199254740992", "-9007199254740993"],
  ...["0".repeat(20), "-" + "0".repeat(20) + "1", "123456789012345678901234"],
  ...["9".repeat(2466), "9".repeat(2467), "9".repeat(2468), "abc", "\xb2"],
];
