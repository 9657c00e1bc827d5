/**
 * The opcodes of Python's pickle, protocols 0 to 5, with CPython's names
 * (`Lib/pickletools.py`).
 *
 * @module
 */

/** The newest protocol. */
export const NEWEST_PROTOCOL = 5;

/** The opcodes that only describe data. */
// deno-fmt-ignore
export const Op = {
  MARK: 0x28, EMPTY_TUPLE: 0x29, STOP: 0x2e, POP: 0x30, POP_MARK: 0x31,
  BINBYTES: 0x42, SHORT_BINBYTES: 0x43, FLOAT: 0x46, BINFLOAT: 0x47,
  INT: 0x49, BININT: 0x4a, BININT1: 0x4b, LONG: 0x4c, BININT2: 0x4d,
  NONE: 0x4e, STRING: 0x53, BINSTRING: 0x54, SHORT_BINSTRING: 0x55,
  UNICODE: 0x56, BINUNICODE: 0x58, EMPTY_LIST: 0x5d, APPEND: 0x61,
  DICT: 0x64, APPENDS: 0x65, GET: 0x67, BINGET: 0x68, LONG_BINGET: 0x6a,
  LIST: 0x6c, PUT: 0x70, BINPUT: 0x71, LONG_BINPUT: 0x72, SETITEM: 0x73,
  TUPLE: 0x74, SETITEMS: 0x75, EMPTY_DICT: 0x7d, PROTO: 0x80, TUPLE1: 0x85,
  TUPLE2: 0x86, TUPLE3: 0x87, NEWTRUE: 0x88, NEWFALSE: 0x89, LONG1: 0x8a,
  LONG4: 0x8b, SHORT_BINUNICODE: 0x8c, BINUNICODE8: 0x8d, BINBYTES8: 0x8e,
  EMPTY_SET: 0x8f, ADDITEMS: 0x90, FROZENSET: 0x91, MEMOIZE: 0x94, FRAME: 0x95,
} as const;

/**
 * The opcodes that this reader refuses: they import, call or build something,
 * or are not needed for this protocol's data. None of them is ever executed.
 */
// deno-fmt-ignore
export const REFUSED: Readonly<Record<number, string>> = {
  0x32: "DUP", 0x50: "PERSID", 0x51: "BINPERSID", 0x52: "REDUCE",
  0x62: "BUILD", 0x63: "GLOBAL", 0x69: "INST", 0x6f: "OBJ", 0x81: "NEWOBJ",
  0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
  0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL", 0x96: "BYTEARRAY8",
  0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
};

/** The argument is text up to the end of the line. */
export const LINE: number = -1;
/** The argument is a length in one byte, then that many bytes. */
export const COUNT1: number = -2;
/**
 * The argument is a length in four bytes, the low one first, then that many
 * bytes.
 */
export const COUNT4: number = -3;
/**
 * The argument is a length in eight bytes, the low one first, then that many
 * bytes.
 */
export const COUNT8: number = -4;
/** The opcode does not exist, or it is refused. */
export const NO_OPCODE: number = -5;

/**
 * For each opcode, how many bytes its argument takes, or one of the constants
 * above.
 */
export const ARGUMENT: Int8Array = new Int8Array(256).fill(NO_OPCODE);
for (const opcode of Object.values(Op)) ARGUMENT[opcode] = 0;
// deno-fmt-ignore
for (const [opcode, argument] of [
  [Op.FLOAT, LINE], [Op.INT, LINE], [Op.LONG, LINE], [Op.STRING, LINE],
  [Op.UNICODE, LINE], [Op.GET, LINE], [Op.PUT, LINE],
  [Op.BINGET, 1], [Op.BINPUT, 1], [Op.BININT1, 1], [Op.PROTO, 1],
  [Op.BININT2, 2], [Op.BININT, 4], [Op.LONG_BINGET, 4], [Op.LONG_BINPUT, 4],
  [Op.BINFLOAT, 8], [Op.FRAME, 8],
  [Op.SHORT_BINBYTES, COUNT1], [Op.SHORT_BINSTRING, COUNT1],
  [Op.SHORT_BINUNICODE, COUNT1], [Op.LONG1, COUNT1],
  [Op.BINBYTES, COUNT4], [Op.BINSTRING, COUNT4], [Op.BINUNICODE, COUNT4],
  [Op.LONG4, COUNT4], [Op.BINBYTES8, COUNT8], [Op.BINUNICODE8, COUNT8],
]) ARGUMENT[opcode] = argument;
