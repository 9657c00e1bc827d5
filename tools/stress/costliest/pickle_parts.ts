/**
 * The parts of costly pickles: every accepted opcode, with arguments that could
 * cost much.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { Op } from "../../../lib/formats/pickle/opcodes.ts";
import {
  collidingInteger,
  type Frame,
  type Grammar,
  int32,
  op,
  type Part,
  same,
  varied,
} from "./parts.ts";

const encoder = new TextEncoder();

/** How many different arguments a varied part has. */
const PERIOD = 16_384;

function line(name: string, code: number, text: string): Part {
  return same(name, concat([op(code), encoder.encode(`${text}\n`)]));
}

function text(value: string): Uint8Array {
  const bytes = encoder.encode(value);
  return concat([op(Op.BINUNICODE), int32(bytes.length), bytes]);
}

function shortText(value: string): Uint8Array {
  const bytes = encoder.encode(value);
  return concat([op(Op.SHORT_BINUNICODE, bytes.length), bytes]);
}

/** An integer of `length` bytes whose upper half differs: V8 hashes only the lower one. */
function longInteger(length: number, n: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(int32(n + 1), length - 5);
  const count = length < 256
    ? op(Op.LONG1, length)
    : concat([op(Op.LONG4), int32(length)]);
  return concat([count, bytes]);
}

/** The opcodes without an argument. */
const PLAIN = [
  "NONE",
  "EMPTY_DICT",
  "EMPTY_LIST",
  "EMPTY_SET",
  "EMPTY_TUPLE",
  "MARK",
  "POP",
  "POP_MARK",
  "MEMOIZE",
  "APPEND",
  "APPENDS",
  "SETITEM",
  "SETITEMS",
  "ADDITEMS",
  "FROZENSET",
  "DICT",
  "LIST",
  "TUPLE",
  "TUPLE1",
  "TUPLE2",
  "TUPLE3",
] as const;

const plain: Part[] = PLAIN.map((name) => same(name, op(Op[name])));

const core: Part[] = [
  ...plain,
  same("BININT1 0", op(Op.BININT1, 0)),
  varied(
    "BININT colliding",
    PERIOD,
    (n) => concat([op(Op.BININT), int32(collidingInteger(n))]),
  ),
  varied("LONG1 colliding", PERIOD, (n) => longInteger(14, n)),
  same("SHORT_BINBYTES ''", op(Op.SHORT_BINBYTES, 0)),
  varied("SHORT_BINUNICODE index", PERIOD, (n) => shortText(`${n * 1023}`)),
  varied("SHORT_BINUNICODE word", PERIOD, (n) => shortText(n.toString(36))),
  same("BINGET 0", op(Op.BINGET, 0)),
  varied("BINGET", 256, (n) => op(Op.BINGET, n)),
  varied("LONG_BINGET", 1024, (n) => concat([op(Op.LONG_BINGET), int32(n)])),
  varied("LONG_BINPUT", 65_536, (n) => concat([op(Op.LONG_BINPUT), int32(n)])),
];

const parts: Part[] = [
  ...core,
  same("NEWTRUE", op(Op.NEWTRUE)),
  varied("BININT", PERIOD, (n) => concat([op(Op.BININT), int32(n * 7)])),
  same("LONG_BINPUT 65535", concat([op(Op.LONG_BINPUT), int32(65_535)])),
  same("BINPUT 0", op(Op.BINPUT, 0)),
  same("BINFLOAT", op(Op.BINFLOAT, 64, 9, 33, 251, 84, 68, 45, 24)),
  same("LONG1 of 8 bytes", longInteger(8, 1)),
  same("LONG1 of 255 bytes", longInteger(255, 1)),
  varied("LONG4 of 1024 bytes", 64, (n) => longInteger(1024, n)),
  line("INT of 16 digits", Op.INT, "9".repeat(16)),
  line("INT of 2400 digits", Op.INT, "9".repeat(2400)),
  line("LONG of 2400 digits", Op.LONG, `${"9".repeat(2400)}L`),
  line("INT of spaces", Op.INT, `${" ".repeat(4000)}1`),
  line("FLOAT", Op.FLOAT, "1e1"),
  line("FLOAT of 4000 digits", Op.FLOAT, `1.${"9".repeat(4000)}`),
  line("UNICODE escapes", Op.UNICODE, "\\u00e9".repeat(600)),
  line("UNICODE ''", Op.UNICODE, ""),
  line("STRING escapes", Op.STRING, `'${"\\xe9".repeat(900)}'`),
  line("STRING ''", Op.STRING, "''"),
  line("PUT", Op.PUT, "1"),
  line("GET", Op.GET, "0"),
  same("SHORT_BINUNICODE ''", shortText("")),
  same("SHORT_BINUNICODE accents", shortText("\u0301".repeat(100))),
  same("BINUNICODE of 4000 bytes", text("\u0645".repeat(2000))),
  same("BINUNICODE of controls", text("\x1b".repeat(4000))),
  same("SHORT_BINSTRING latin", op(Op.SHORT_BINSTRING, 4, 233, 233, 233, 233)),
  same("SHORT_BINBYTES", op(Op.SHORT_BINBYTES, 4, 1, 2, 3, 4)),
  same(
    "BINBYTES of 4000 bytes",
    concat([op(Op.BINBYTES), int32(4000), new Uint8Array(4000)]),
  ),
];

function frame(name: string, before: Uint8Array, after: Uint8Array): Frame {
  return { name, before, after: concat([after, op(Op.STOP)]) };
}

/** Puts 1,024 colliding integers into a set and into the memo. */
const keys: Uint8Array[] = [];
for (let n = 0; n < 1024; n++) {
  keys.push(op(Op.BININT), int32(collidingInteger(n)), op(Op.MEMOIZE));
}

/** A student whose further key has a value that the parts make. */
const student = concat([
  op(Op.EMPTY_DICT),
  op(Op.MARK),
  shortText("student_name"),
  shortText("Alice Brown"),
  shortText("github_username"),
  op(Op.NONE),
  shortText("sid"),
  op(Op.BININT1, 1),
  shortText("x"),
]);

const none = new Uint8Array();

/** Pickles. */
export const pickles: Grammar = {
  format: "pickle",
  parts,
  core,
  frames: [
    frame("alone", none, none),
    frame("in a list", op(Op.MARK), op(Op.LIST)),
    frame(
      "in a student's list",
      concat([student, op(Op.MARK)]),
      op(Op.LIST, Op.SETITEMS),
    ),
    frame(
      "in a student's set",
      concat([student, op(Op.EMPTY_SET, Op.MARK)]),
      op(Op.ADDITEMS, Op.SETITEMS),
    ),
    frame(
      "in a student's dict",
      concat([student, op(Op.EMPTY_DICT, Op.MARK)]),
      op(Op.SETITEMS, Op.SETITEMS),
    ),
    frame(
      "after a student's set of colliding integers",
      concat([
        student,
        op(Op.EMPTY_SET, Op.MARK),
        ...keys,
        op(Op.ADDITEMS),
      ]),
      op(Op.SETITEMS),
    ),
    frame(
      "after a student's empty dict",
      concat([student, op(Op.EMPTY_DICT)]),
      op(Op.SETITEMS),
    ),
  ],
};

/** Pickles that are never complete. */
export const unfinishedPickles: Grammar = {
  ...pickles,
  frames: pickles.frames.slice(0, 2).map((frame) => ({
    ...frame,
    after: none,
  })),
};
