/**
 * Lines of text, for protocols that people type.
 *
 * @module
 */

import type { MessageLimits } from "../limits.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { decodeUtf8 } from "./decode_text.ts";
import { ProtocolError } from "./errors.ts";
import type { FormatReader, WireFormat } from "./format.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * One text per line, in UTF-8, without the newline. A line may end with `\r\n`,
 * as telnet sends it. There is no greeting. An error is the line `error: ...`.
 *
 * @example
 * ```ts
 * import { lines } from "@rollcall/rollcall/formats";
 * import { DEFAULT_LIMITS } from "@rollcall/rollcall/limits";
 *
 * const bytes = new TextEncoder().encode("tea\r\nmilk\nsug");
 * const messages: string[] = [];
 * const taken = lines.reader(DEFAULT_LIMITS).read(bytes, bytes.length, messages);
 * if (messages.join() !== "tea,milk") throw new Error(messages.join());
 * if (taken !== 10) throw new Error("the last line is not complete");
 * ```
 */
export const lines: WireFormat<string> = {
  name: "lines",
  ending: "a newline",
  error: ({ message }) => `error: ${message.replaceAll(/[\r\n]+/g, " ")}`,
  reader: ({ maxRequestBytes }) => new LineReader(maxRequestBytes),
  write: writeLine,
};

class LineReader implements FormatReader<string> {
  #maxBytes: number;

  constructor(maxBytes: MessageLimits["maxRequestBytes"]) {
    this.#maxBytes = maxBytes;
  }

  read(bytes: Uint8Array, end: number, messages: string[]): number {
    let start = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const isComplete = newline !== -1 && newline < end;
      const lineEnd = isComplete ? newline + 1 : end;
      if (lineEnd - start > this.#maxBytes) {
        const why = `A line and its end have over ${this.#maxBytes} bytes`;
        throw new ProtocolError(why, { limit: "maxRequestBytes" });
      }
      if (!isComplete) return start;
      const hasReturn = newline > start && bytes[newline - 1] === RETURN;
      const text = decodeUtf8(bytes, start, hasReturn ? newline - 1 : newline);
      if (text === undefined) throw new ProtocolError("A line is not UTF-8");
      if (text.includes("\r")) {
        throw new ProtocolError("A line has a carriage return in it");
      }
      messages.push(text);
      start = lineEnd;
    }
  }
}

/**
 * Writes one line.
 *
 * @throws {TypeError} If the message is not a text, or has a newline or a carriage return.
 */
function writeLine(message: string, sink: ByteWriter): void {
  if (typeof message !== "string" || /[\r\n]/.test(message)) {
    throw new TypeError("A line is a text without newlines and returns");
  }
  sink.text(message);
  sink.byte(NEWLINE);
}
