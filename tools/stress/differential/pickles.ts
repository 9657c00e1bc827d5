/**
 * Random pickles: those that Python writes, and those that it never would.
 *
 * @module
 */

import { Op } from "../../../lib/formats/pickle/opcodes.ts";
import type { Random } from "../../../lib/testing/random.ts";
import { LINES, longest, TEXTS } from "./values.ts";

type Opcode = typeof Op[keyof typeof Op];

/** Returns one pickle. Most are a dict that begins and ends as it should. */
export function pickleOf(random: Random): Uint8Array {
  return new PickleMaker(random).make();
}

class PickleMaker {
  #random: Random;
  #bytes: number[] = [];
  #protocol: number;
  /** One choice in so many is unusual. */
  #rarity: number;
  #memoize: () => void;
  #memoized = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#protocol = random.below(6);
    this.#rarity = random.pick([4, 30, Infinity, Infinity]);
    const memos = [
      () => this.#line(Op.PUT, `${this.#memoized}`),
      () => this.#put(Op.BINPUT, this.#memoized & 0xff),
      () => this.#put(Op.MEMOIZE),
      () => {},
    ];
    const usual = this.#protocol === 0 ? 0 : this.#protocol < 4 ? 1 : 2;
    this.#memoize = random.below(3) > 0 ? memos[usual] : random.pick(memos);
  }

  make(): Uint8Array {
    const random = this.#random;
    let frame = 0;
    if (this.#protocol > 1 || this.#isUnusual()) {
      const odd = random.pick([0, 1, 6, 255]);
      this.#put(Op.PROTO, this.#isUnusual() ? odd : this.#protocol);
    }
    if (this.#protocol > 3 && random.below(4) > 0 || this.#isUnusual()) {
      this.#put(Op.FRAME, 0, 0, 0, 0, 0, 0, 0, 0);
      frame = this.#bytes.length;
    }
    if (this.#isUnusual()) this.#noise();
    if (this.#isUnusual()) this.#value(0);
    else this.#dict(0);
    if (this.#isUnusual()) this.#noise();
    this.#put(Op.STOP);
    if (frame > 0) this.#setFrame(frame);
    return Uint8Array.from(this.#bytes);
  }

  /** Writes the length of what follows the frame's head, or a wrong one. */
  #setFrame(start: number): void {
    const wrong = this.#random.pick([-1, 1, 100, 4096, 65_536, 2 ** 31]);
    let length = this.#bytes.length - start + (this.#isUnusual() ? wrong : 0);
    for (let at = start - 8; at < start; at++) {
      this.#bytes[at] = length & 0xff;
      length = Math.floor(length / 256);
    }
  }

  #isUnusual(): boolean {
    return this.#rarity < Infinity && this.#random.below(this.#rarity) === 0;
  }

  #put(opcode: Opcode, ...argument: number[]): void {
    this.#bytes.push(opcode, ...argument);
  }

  #bytesOf(opcode: Opcode, ...argument: readonly number[][]): void {
    this.#bytes.push(opcode);
    for (const part of argument) {
      for (const byte of part) this.#bytes.push(byte);
    }
  }

  #line(opcode: Opcode, line: string): void {
    this.#put(opcode, ...Array.from(line, (it) => it.charCodeAt(0) & 0xff));
    this.#bytes.push(0x0a);
  }

  /** Writes opcodes that leave the stack as it is, or do not. */
  #noise(): void {
    const random = this.#random;
    random.pick([
      () => this.#put(Op.NONE, Op.POP),
      () => this.#put(Op.MARK, Op.NONE, Op.POP_MARK),
      () => this.#put(Op.MARK, Op.POP),
      () => this.#put(Op.MARK),
      () => this.#put(Op.MARK, Op.MARK),
      () => this.#put(Op.POP),
      () => this.#put(Op.SETITEMS),
      () => this.#put(Op.STOP),
      () => this.#bytes.push(random.below(256)),
      () => this.#memo(),
    ])();
  }

  /** Keeps the newest value in the memo. */
  #memo(): void {
    const random = this.#random;
    if (!this.#isUnusual()) this.#memoize();
    else {
      random.pick([
        () => this.#line(Op.PUT, random.pick(LINES)),
        () => this.#line(Op.PUT, `${random.below(100_000)}`),
        () => this.#put(Op.LONG_BINPUT, random.below(256), 0, 0, 0),
        () => this.#put(Op.LONG_BINPUT, 0, 0, random.below(3), 0),
        () => this.#put(Op.BINPUT, random.below(256)),
        () => this.#put(Op.MEMOIZE, Op.MEMOIZE),
        () => {},
      ])();
    }
    this.#memoized++;
  }

  /** Writes a dict: some batches of items, each as a SETITEM or as SETITEMS. */
  #dict(depth: number): void {
    const random = this.#random;
    const isOld = this.#isUnusual() ? random.below(2) > 0 : !this.#protocol;
    if (isOld) this.#put(Op.MARK);
    else this.#put(Op.EMPTY_DICT);
    if (isOld) {
      if (this.#isUnusual()) this.#items(random.below(3), depth);
      this.#put(Op.DICT);
    }
    this.#memo();
    const isBig = depth === 0 && random.below(500) === 0;
    const most = isBig ? 300 : 5;
    const hasBatches = random.below(4) === 0;
    for (let left = random.below(most); left > 0;) {
      const size = hasBatches ? 1 + random.below(left) : left;
      this.#batch(size, depth);
      left -= size;
    }
    if (this.#isUnusual()) this.#batch(0, depth);
  }

  #batch(size: number, depth: number): void {
    const usual = this.#protocol > 0 && size !== 1;
    const isMarked = this.#isUnusual() ? this.#random.below(2) > 0 : usual;
    if (isMarked) {
      this.#put(Op.MARK);
      this.#items(size, depth);
      this.#put(Op.SETITEMS);
      return;
    }
    for (let i = 0; i < size; i++) {
      this.#items(1, depth);
      this.#put(Op.SETITEM);
      if (this.#isUnusual()) this.#noise();
    }
  }

  #items(count: number, depth: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#isUnusual()) this.#value(depth + 1);
      else this.#text(depth > 0 || this.#random.below(3) > 0);
      if (this.#random.below(3) > 0) this.#simple();
      else this.#value(depth + 1);
    }
    if (this.#isUnusual()) this.#simple();
    if (this.#isUnusual()) this.#noise();
  }

  /** Writes a value that the lab's requests have. */
  #simple(): void {
    const random = this.#random;
    const kind = random.below(8);
    if (kind === 0) this.#put(Op.NONE);
    else if (kind < 4) this.#integer();
    else this.#text(false);
  }

  #value(depth: number): void {
    const random = this.#random;
    if (!this.#isUnusual() || depth > 4) return this.#simple();
    const several = () => {
      for (let i = random.below(4); i > 0; i--) this.#value(depth + 1);
    };
    const memoized = random.below(this.#memoized + 2) & 0xff;
    random.pick([
      () => this.#put(random.pick([Op.NEWTRUE, Op.NEWFALSE])),
      () => this.#put(Op.BINFLOAT, ...this.#raw(8)),
      () => this.#put(Op.BINFLOAT, random.pick([0, 128]), 0, 0, 0, 0, 0, 0, 0),
      () => this.#put(Op.BINFLOAT, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0), // NaN
      () => this.#line(Op.FLOAT, random.pick(LINES)),
      () => this.#put(Op.SHORT_BINBYTES, 3, ...this.#raw(3)),
      () => this.#dict(depth + 1),
      () => (this.#put(Op.EMPTY_LIST), this.#memo()),
      () => (this.#put(Op.EMPTY_LIST, Op.MARK),
        several(),
        this.#put(Op.APPENDS)),
      () => (this.#put(Op.MARK), several(), this.#put(Op.TUPLE)),
      () => (this.#put(Op.MARK), several(), this.#put(Op.FROZENSET)),
      () => (this.#put(Op.EMPTY_SET, Op.MARK),
        several(),
        this.#put(Op.ADDITEMS)),
      () => (this.#value(depth + 1), this.#put(Op.TUPLE1)),
      () => this.#put(Op.EMPTY_TUPLE),
      () => this.#put(Op.BINGET, memoized),
      () => this.#put(Op.LONG_BINGET, memoized, 0, 0, 0),
      () => this.#line(Op.GET, `${memoized}`),
    ])();
  }

  #integer(): void {
    const random = this.#random;
    const raw = (length: number) =>
      this.#put(Op.LONG1, length, ...this.#raw(length));
    const { MAX_SAFE_INTEGER } = Number;
    const line = random.pick([
      () => `${random.below(1e9)}`,
      () => `${random.below(MAX_SAFE_INTEGER)}`,
      () => `-${MAX_SAFE_INTEGER - 2 + random.below(5)}`,
      () => random.pick(LINES),
    ])();
    const lines = [
      () => this.#line(Op.INT, random.pick(["00", "01"])), // a bool
      () => this.#line(Op.INT, line),
      () => this.#line(Op.LONG, line + (random.below(4) > 0 ? "L" : "")),
    ];
    const binary = [
      () => this.#put(Op.BININT, ...this.#raw(4)),
      () => this.#put(Op.BININT1, ...this.#raw(1)),
      () => this.#put(Op.BININT2, ...this.#raw(2)),
      () => raw(random.below(10)),
      () => raw(random.below(256)),
    ];
    const long4 = () => this.#put(Op.LONG4, 9, 0, 0, 0, ...this.#raw(9));
    const usual = this.#protocol === 0 ? lines : binary;
    random.pick(this.#isUnusual() ? [...lines, ...binary, long4] : usual)();
  }

  /** Returns some bytes, often all the same. */
  #raw(length: number): number[] {
    const random = this.#random;
    const byte = random.pick([0, 0xff, 0x7f, 0x80]);
    const isEven = random.below(3) === 0;
    return Array.from(
      { length },
      () => isEven ? byte : random.below(256),
    );
  }

  /** Writes a text, in one of the opcodes for it. */
  #text(isKey: boolean): void {
    const random = this.#random;
    const kinds = random.below(30) === 0 ? "bad" : isKey ? "keys" : "values";
    const isLong = random.below(1000) === 0;
    const bytes = isLong ? longest(random) : random.pick(TEXTS[kinds]);
    const { length } = bytes;
    const count4 = [length & 0xff, length >> 8 & 0xff, length >> 16, 0];
    const short = bytes.slice(0, 255);
    const line = bytes.filter((byte) => byte !== 0x0a);
    const quoted = [0x27, ...line, 0x27];
    const unicode = [
      () => this.#bytesOf(Op.UNICODE, [], line, [0x0a]),
      () => this.#bytesOf(Op.BINUNICODE, count4, bytes),
      () => this.#bytesOf(Op.SHORT_BINUNICODE, [short.length], short),
    ];
    const string = [
      () => this.#bytesOf(Op.STRING, [], quoted, [0x0a]),
      () => this.#bytesOf(Op.BINSTRING, count4, bytes),
      () => this.#bytesOf(Op.SHORT_BINSTRING, [short.length], short),
    ];
    const unicode8 = () =>
      this.#bytesOf(Op.BINUNICODE8, [...count4, 0, 0, 0, 0], bytes);
    const kind = this.#protocol === 0 ? 0 : this.#protocol < 4 ? 1 : 2;
    const isText = this.#protocol > 2 || random.below(3) > 0;
    if (this.#isUnusual()) random.pick([...unicode, ...string, unicode8])();
    else (isText ? unicode : string)[kind]();
    this.#memo();
  }
}
