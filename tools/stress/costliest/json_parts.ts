/**
 * The parts of costly JSON lines.
 *
 * @module
 */

import { type Frame, type Grammar, type Part, same, varied } from "./parts.ts";

const encoder = new TextEncoder();

function token(text: string): Part {
  return same(text, encoder.encode(text));
}

function tokens(name: string, make: (n: number) => string): Part {
  return varied(name, 16_384, (n) => encoder.encode(make(n)));
}

function frame(name: string, before: string, after: string): Frame {
  const [first, last] = [before, `${after}\n`].map((it) => encoder.encode(it));
  return { name, before: first, after: last };
}

const STUDENT = '{"student_name":"Alice Brown","github_username":null,"sid":1';

const parts: Part[] = [
  ...'{}[],:"\\ 1a\t\x1b'.split("").map(token),
  token('"a":1,'),
  token("[],"),
  token("{},"),
  token("[[[[[[[[]]]]]]]],"),
  token('{"a":{"b":{"c":{"d":1}}}},'),
  token("1e5,"),
  token("1e-400,"),
  token("0.1,"),
  token("999999999999999,"),
  token(`${"9".repeat(4000)}`),
  token("\\u0041"),
  token("\\ud83d"),
  token('"\\u00e9",'),
  token('"",'),
  token("\u00e9"),
  token("\u0301"),
  tokens("keys", (n) => `"${n.toString(36)}":1,`),
  tokens("index keys", (n) => `"${n * 1023}":1,`),
  tokens("index keys, small", (n) => `"${n * 4}":1,`),
  tokens("long keys", (n) => `"${"k".repeat(40)}${n}":1,`),
  tokens("escaped keys", (n) => `"\\u0041${n}":1,`),
  tokens("dicts of one new key", (n) => `{"${n.toString(36)}":1},`),
  tokens("texts", (n) => `"${n}",`),
];

/** JSON lines. */
export const jsonLines: Grammar = {
  format: "json",
  parts,
  core: parts.filter(({ name }) => name.length > 1 && name.length < 40),
  frames: [
    frame("alone", "", ""),
    frame("in a list", "[", "1]"),
    frame("in a student's list", `${STUDENT},"x":[`, "1]}"),
    frame("in a student's text", `${STUDENT},"x":"`, '"}'),
    frame("in a student", `${STUDENT},`, '"x":1}'),
    frame(
      "in a student's name",
      '{"github_username":null,"sid":1,"student_name":"',
      '"}',
    ),
  ],
};
