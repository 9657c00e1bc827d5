/**
 * Reading Python's pickle, protocols 0 to 5, as data only.
 *
 * A pickle is a program for a stack machine: each opcode pushes a value, or
 * combines values. Python's own reader also imports and calls what the pickle
 * names, so an untrusted pickle can run any code. This reader refuses the opcodes
 * for that.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { ProtocolError } from "../errors.ts";
import type { FormatReader, Message } from "../format.ts";
import { DictReader } from "./dict.ts";
import { PickleMachine } from "./machine.ts";
import { checkLine, explained, looksElse, refusedOpcode } from "./mistakes.ts";
import {
  ARGUMENT,
  COUNT1,
  COUNT4,
  LINE,
  NEWEST_PROTOCOL,
  NO_OPCODE,
  Op,
} from "./opcodes.ts";
import {
  brokenPickle,
  decimal,
  decimalFloat,
  decimalLong,
  escapedText,
  float64,
  MalformedPickle,
  quotedText,
  text8,
  twosComplement,
  uint32,
  uint64,
  utf8,
} from "./values.ts";

const NEWLINE = 0x0a;

/** The most bytes of an argument that ends with a newline. Its escapes take long to read. */
const LONGEST_LINE = 2 ** 20;

/** The reader pauses after so many opcodes, and items that they move. */
const WORK_AT_ONCE = 2048;
/** So many bytes of an argument take as long as an opcode. */
const BYTES_PER_WORK = 8;
/** A dict that {@linkcode DictReader} reads takes as long as so many opcodes. */
const DICT_WORK = 4;

/** Reads the pickles of one connection. Each read continues where the last ended. */
export class PickleReader implements FormatReader {
  #maxBytes: number;
  #limits: MessageLimits;
  /** Created when needed: most clients send what {@linkcode DictReader} can read. */
  #machine: PickleMachine | undefined;
  #pendingBytes = 0;
  /** Opcodes since {@linkcode read} began, and what takes as long. */
  #work = 0;
  /** Created when bytes come: most connections are idle. */
  #dicts: DictReader | undefined;

  /** Makes a reader of messages within these limits. */
  constructor(limits: MessageLimits) {
    this.#maxBytes = limits.maxRequestBytes;
    this.#limits = limits;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get heldBytes(): number {
    return this.#machine?.heldBytes ?? 0;
  }

  get paused(): boolean {
    return this.#work + (this.#machine?.work ?? 0) > WORK_AT_ONCE;
  }

  read(bytes: Uint8Array, end: number, messages: Message[]): number {
    const max = this.#maxBytes;
    const dicts = this.#dicts ??= new DictReader(this.#limits);
    this.#work = 0;
    if (this.#machine) this.#machine.work = 0;
    /** Where this message begins: negative, if some of its bytes were taken before. */
    let start = -this.#pendingBytes;
    let at = 0;
    try {
      while (at < end && !this.paused) {
        if (at === start) {
          const next = dicts.read(bytes, at, end);
          if (next > 0) {
            messages.push(dicts.dict);
            start = at = next;
            this.#work += DICT_WORK;
            continue;
          }
        }
        const machine = this.#machine ??= new PickleMachine(this.#limits);
        const opcode = bytes[at];
        const width = ARGUMENT[opcode];
        let from = at + 1;
        let to = from + width;
        if (width === LINE) {
          const newline = bytes.indexOf(NEWLINE, from);
          to = newline === -1 || newline >= end ? end + 1 : newline + 1;
          if (to - from > LONGEST_LINE) throw lineTooLong();
        } else if (width === NO_OPCODE) {
          throw refusedOpcode(bytes, start, at, end, machine.top);
        } else if (width < 0) {
          from += width === COUNT1 ? 1 : width === COUNT4 ? 4 : 8;
          to = from > end ? from : from + count(bytes, at + 1, width);
        }
        const last = start + max; // no opcode may extend beyond this position
        if (to > last) throw tooLong(max);
        if (to > end) {
          if (width === LINE) checkLine(bytes, start, at, end);
          break;
        }
        if (opcode === Op.FRAME && to + uint64(bytes, from) > last) {
          throw tooLong(max);
        }
        at = to;
        if (opcode === Op.STOP) {
          messages.push(machine.finish());
          start = at;
        } else {
          execute(machine, opcode, bytes, from, to);
        }
        this.#work += 1 + (to - from) / BYTES_PER_WORK;
      }
    } catch (error) {
      throw explained(error, bytes, start, end);
    }
    this.#pendingBytes = at - start;
    return at;
  }

  hint(bytes: Uint8Array, end: number): string | undefined {
    // If some of the message was taken, its start is gone.
    return this.#pendingBytes === 0
      ? looksElse(bytes, 0, end)?.said
      : undefined;
  }

  drop(): void {
    this.#machine = undefined; // its stack may be long
    this.#pendingBytes = 0;
    this.#work = 0;
  }
}

/** Executes one opcode, whose argument is the bytes from `from` up to `to`. */
function execute(
  m: PickleMachine,
  opcode: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): void {
  // deno-fmt-ignore
  switch (opcode) {
    case Op.PROTO: return checkProtocol(bytes[from]);
    case Op.FRAME: return; // only its length matters, and that was checked
    case Op.NONE: return m.push(null);
    case Op.NEWTRUE: return m.push(true);
    case Op.NEWFALSE: return m.push(false);
    case Op.BININT: return m.push(uint32(bytes, from) | 0);
    case Op.BININT1: return m.push(bytes[from]);
    case Op.BININT2: return m.push(bytes[from] | bytes[from + 1] << 8);
    case Op.INT: return m.push(intOrBool(bytes, from, to - 1));
    case Op.LONG: return m.push(decimalLong(bytes, from, to - 1));
    case Op.LONG1:
    case Op.LONG4: return m.push(twosComplement(bytes, from, to));
    case Op.BINFLOAT: return m.push(float64(bytes, from));
    case Op.FLOAT: return m.push(decimalFloat(bytes, from, to - 1));
    case Op.SHORT_BINUNICODE:
    case Op.BINUNICODE:
    case Op.BINUNICODE8: return m.push(utf8(bytes, from, to));
    case Op.UNICODE: return m.push(escapedText(bytes, from, to - 1));
    case Op.BINSTRING:
    case Op.SHORT_BINSTRING: return m.push(text8(bytes, from, to));
    case Op.STRING: return m.push(quotedText(bytes, from, to - 1));
    case Op.BINBYTES:
    case Op.SHORT_BINBYTES:
    case Op.BINBYTES8: return m.push(bytes.slice(from, to));
    case Op.EMPTY_DICT: return m.push({});
    case Op.EMPTY_LIST: return m.push([]);
    case Op.EMPTY_SET: return m.push(new Set());
    case Op.SETITEM: return m.setItems(m.height - 2);
    case Op.SETITEMS: return m.setItems(m.popMark());
    case Op.APPEND: return m.append(m.height - 1);
    case Op.APPENDS: return m.append(m.popMark());
    case Op.ADDITEMS: return m.addItems(m.popMark());
    case Op.FROZENSET: return m.frozenSet(m.popMark());
    case Op.DICT: return m.dict(m.popMark());
    case Op.LIST: return m.list(m.popMark());
    case Op.TUPLE: return m.tuple(m.popMark());
    case Op.EMPTY_TUPLE: return m.tuple(m.height);
    case Op.TUPLE1: return m.tuple(m.height - 1);
    case Op.TUPLE2: return m.tuple(m.height - 2);
    case Op.TUPLE3: return m.tuple(m.height - 3);
    case Op.MEMOIZE: return m.memoize();
    case Op.BINPUT: return m.memoize(bytes[from]);
    case Op.LONG_BINPUT: return m.memoize(uint32(bytes, from));
    case Op.PUT: return m.memoize(Number(decimal(bytes, from, to - 1)));
    case Op.BINGET: return m.recall(bytes[from]);
    case Op.LONG_BINGET: return m.recall(uint32(bytes, from));
    case Op.GET: return m.recall(Number(decimal(bytes, from, to - 1)));
    case Op.MARK: return m.mark();
    case Op.POP: return m.pop();
    case Op.POP_MARK: return m.popToMark();
  }
}

function tooLong(max: number): ProtocolError {
  return brokenPickle(`it is longer than ${max} bytes`, "maxRequestBytes");
}

function lineTooLong(): ProtocolError {
  return brokenPickle(`a line is longer than ${LONGEST_LINE} bytes`);
}

function checkProtocol(protocol: number): void {
  if (protocol > NEWEST_PROTOCOL) {
    throw new MalformedPickle(`there is no protocol ${protocol}`);
  }
}

/** Returns the length that precedes an argument of this width. */
function count(bytes: Uint8Array, at: number, width: number): number {
  return width === COUNT1
    ? bytes[at]
    : width === COUNT4
    ? uint32(bytes, at)
    : uint64(bytes, at);
}

/** Reads an `INT`. Old pickles write False and True as the integers 00 and 01. */
function intOrBool(bytes: Uint8Array, from: number, to: number): Message {
  const digit = bytes[from + 1] - 0x30;
  if (to - from === 2 && bytes[from] === 0x30 && (digit === 0 || digit === 1)) {
    return digit === 1;
  }
  return decimal(bytes, from, to);
}
