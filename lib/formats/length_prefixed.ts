/**
 * Bytes behind their length, for binary protocols.
 *
 * @module
 */

import type { ByteWriter } from "./byte_writer.ts";
import { ProtocolError } from "./errors.ts";
import type { FormatReader, WireFormat } from "./format.ts";

/** Bytes of a length. */
const PREFIX = 4;

/**
 * Each message is a length of four bytes, the high byte first, and then the bytes.
 * There is no greeting, and no form for an error: the connection closes at the first
 * one. An application that has bytes for these overrides `sendId` and `errorResponse`.
 *
 * @example
 * ```ts
 * import { ByteWriter, lengthPrefixed } from "@rollcall/rollcall/formats";
 *
 * const sink = new ByteWriter();
 * lengthPrefixed.write(Uint8Array.of(7, 8), sink);
 * if (sink.take().join() !== "0,0,0,2,7,8") throw new Error("other bytes");
 * ```
 */
export const lengthPrefixed: WireFormat<Uint8Array> = {
  name: "length-prefixed",
  reader: ({ maxRequestBytes }) => new LengthReader(maxRequestBytes),
  write: writeBytes,
};

class LengthReader implements FormatReader<Uint8Array> {
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  read(bytes: Uint8Array, end: number, messages: Uint8Array[]): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let start = 0;
    while (end - start >= PREFIX) {
      const length = PREFIX + view.getUint32(start);
      if (length > this.#maxBytes) {
        const why = `A message has ${length} bytes, over ${this.#maxBytes}`;
        throw new ProtocolError(why, { limit: "maxRequestBytes" });
      }
      if (end - start < length) break;
      messages.push(bytes.slice(start + PREFIX, start + length));
      start += length;
    }
    return start;
  }
}

/**
 * Writes bytes behind their length.
 *
 * @throws {TypeError} If the message is not bytes.
 */
function writeBytes(message: Uint8Array, sink: ByteWriter): void {
  if (!(message instanceof Uint8Array)) {
    throw new TypeError("A message of this format is bytes");
  }
  for (const shift of [24, 16, 8, 0]) {
    sink.byte(message.length >>> shift & 0xff);
  }
  sink.bytes(message);
}
