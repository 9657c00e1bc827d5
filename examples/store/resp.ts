import { Buffer } from "node:buffer";
import { ProtocolError } from "@rollcall/rollcall/formats";
import type { FormatReader, WireFormat } from "@rollcall/rollcall/formats";
import type { MessageLimits } from "@rollcall/rollcall/limits";

/** An answer in one line: `+` and a status, `-` and an error, or `:` and an integer. */
export class Line {
  constructor(readonly text: string) {}
}

/** A value, `null` for no value, or a line. */
export type Answer = string | null | Line;

const [ARRAY, BULK, RETURN, NEWLINE, ZERO, NINE] = Buffer.from("*$\r\n09");

/**
 * The protocol of Redis, RESP2. A request is a list of words: an array of bulk strings,
 * or a line that a person types. A word may be any bytes: each is one character.
 */
export const resp: WireFormat<string[], Answer> = {
  name: "resp",
  reader: (limits) => new RequestReader(limits),
  error: ({ message }) => new Line(`-ERR Protocol error: ${message}`),
  write(answer, sink) {
    if (answer === null) sink.text("$-1");
    else if (answer instanceof Line) sink.text(answer.text);
    else {
      sink.text(`$${answer.length}\r\n`);
      for (let i = 0; i < answer.length; i++) sink.byte(answer.charCodeAt(i));
    }
    sink.text("\r\n");
  },
};

/** Bytes with a method of Node, which its types omit. It is the fastest. */
type Bytes = Buffer & { latin1Slice(from: number, to: number): string };

class RequestReader implements FormatReader<string[]> {
  pendingBytes = 0;
  /** The words of the incomplete request, and how many are missing. */
  #words: string[] = [];
  #missing = 0;
  #number = 0; // the last length

  constructor(readonly limits: MessageLimits) {}

  get heldBytes(): number {
    return this.pendingBytes + 32 * this.#words.length;
  }

  read(bytes: Uint8Array, end: number, requests: string[][]): number {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end) as Bytes;
    let at = 0;
    for (let next = 0; at < end; at = next) {
      if (this.#missing > 0) next = this.#readWord(buffer, at);
      else if (buffer[at] === ARRAY) {
        next = this.#readNumber(buffer, at, "maxItems");
        if (next > 0) this.#words = new Array(this.#missing = this.#number);
      } else next = this.#readLine(buffer, at);
      if (next === 0) break;
      this.pendingBytes += next - at;
      if (this.#missing > 0) continue;
      if (this.#words.length > 0) requests.push(this.#words);
      this.#words = [];
      this.pendingBytes = 0;
    }
    return at;
  }

  // Each of these returns the position behind what it reads, or 0 if that is incomplete.

  #readLine(buffer: Bytes, at: number): number {
    const end = buffer.indexOf(NEWLINE, at);
    if (end === -1) return 0;
    this.#words = buffer.latin1Slice(at, end).match(/[^ \r]+/g) ?? [];
    // A web page can make a browser send HTTP to any port, with commands in its lines.
    if (/^(POST|Host:)$/i.test(this.#words[0])) throw new ProtocolError("HTTP");
    return end + 1;
  }

  #readWord(buffer: Bytes, at: number): number {
    if (buffer[at] !== BULK) throw new ProtocolError("expected '$'");
    const start = this.#readNumber(buffer, at, "maxRequestBytes");
    const end = start + this.#number;
    const next = start === 0 ? 0 : endOfLine(buffer, end);
    if (next === 0) return 0;
    const index = this.#words.length - this.#missing--;
    this.#words[index] = buffer.latin1Slice(start, end);
    return next;
  }

  #readNumber(buffer: Bytes, at: number, limit: keyof MessageLimits): number {
    const most = this.limits[limit];
    let end = at + 1;
    this.#number = 0;
    while (buffer[end] >= ZERO && buffer[end] <= NINE) {
      this.#number = this.#number * 10 + buffer[end++] - ZERO;
      if (this.#number > most || end > at + 9) {
        throw new ProtocolError(`invalid length, over ${most}`, { limit });
      }
    }
    return endOfLine(buffer, end);
  }
}

function endOfLine(buffer: Bytes, at: number): number {
  const left = buffer.length - at;
  if (left < 1 || left === 1 && buffer[at] === RETURN) return 0;
  if (buffer[at] === RETURN && buffer[at + 1] === NEWLINE) return at + 2;
  throw new ProtocolError("expected the end of a line");
}
