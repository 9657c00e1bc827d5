/**
 * Encoding messages for one write.
 *
 * @module
 */

import { ByteWriter } from "../formats/byte_writer.ts";
import type { WireFormat } from "../formats/format.ts";

/** Shared by all connections, since encoding a message cannot be interrupted. */
const writer = new ByteWriter();

/** Messages as bytes. */
export interface Encoded {
  /** The bytes of the messages that are complete. */
  bytes: Uint8Array;
  /** Why a message could not be encoded. Those after it were not tried. */
  error?: unknown;
}

/** Encodes messages, until they have more than `most` bytes. */
export function encode<Out>(
  messages: readonly (Out | undefined)[],
  format: WireFormat<unknown, Out>,
  most: number,
): Encoded {
  let length = 0; // of the messages that are complete
  try {
    for (const message of messages) {
      if (message !== undefined) format.write(message, writer);
      length = writer.length;
      if (length > most) break;
    }
  } catch (error) {
    writer.length = length;
    const why = error ?? new TypeError("The format threw nothing");
    return { bytes: writer.take(), error: why };
  }
  return { bytes: writer.take() };
}
