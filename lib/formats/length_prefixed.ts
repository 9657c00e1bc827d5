/**
 * Bytes behind their length, for binary protocols.
 *
 * @module
 */

import type { ByteWriter } from "./byte_writer.ts";
import { ProtocolError } from "./errors.ts";
import type { FormatReader, Message, WireFormat } from "./format.ts";

/** Bytes of a length. */
const PREFIX = 4;

/**
 * A message of bytes behind its length, which is four bytes, the high one first.
 * An application whose errors are bytes overrides `errorResponse`, and `sendId`
 * if the server says something else first, or nothing.
 */
export const lengthPrefixed: WireFormat = {
  name: "length-prefixed",
  greetingPause: 0, // the length tells two messages apart
  reader: ({ maxRequestBytes }) => new LengthReader(maxRequestBytes),
  write: writeBytes,
};

class LengthReader implements FormatReader {
  readonly pendingBytes = 0;
  #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  read(bytes: Uint8Array, end: number, messages: Message[]): number {
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
function writeBytes(message: Message, sink: ByteWriter): void {
  if (!(message instanceof Uint8Array)) {
    throw new TypeError("A message of this format is bytes");
  }
  for (const shift of [24, 16, 8, 0]) {
    sink.byte(message.length >>> shift & 0xff);
  }
  sink.bytes(message);
}
