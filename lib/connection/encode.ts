/**
 * Encoding messages for one write.
 *
 * @module
 */

import { ByteWriter } from "../formats/byte_writer.ts";
import type { WireFormat } from "../formats/format.ts";

/** Bytes of messages that are encoded before they are handed over. */
const AT_ONCE = 4096;

/** Shared by all connections, since encoding a message cannot be interrupted. */
const writer = new ByteWriter();
/** For whom the bytes in it are. */
let receiver: Receiver | undefined;

/** Gets encoded bytes, in order. */
export interface Receiver {
  /** Adds bytes, which must not be changed afterwards. */
  add(bytes: Uint8Array): void;
}

/** How a call of {@linkcode encode} ended. */
export interface Encoded {
  /** How many bytes the messages have that are complete. */
  count: number;
  /** Why a message could not be encoded. Those after it were not tried. */
  error?: unknown;
}

/**
 * Encodes messages, until they have more than `most` bytes. The receiver gets the bytes
 * later: to hand over each short answer alone would take longer than to encode it.
 */
export function encode<Out>(
  messages: readonly (Out | undefined)[],
  format: WireFormat<unknown, Out>,
  most: number,
  to: Receiver,
): Encoded {
  if (receiver !== to) handOver();
  receiver = to;
  const before = writer.length;
  let end = before; // of the messages that are complete
  let error: unknown;
  try {
    for (const message of messages) {
      if (message !== undefined) format.write(message, writer);
      end = writer.length;
      if (end - before > most) break;
    }
  } catch (thrown) {
    writer.length = end;
    error = thrown ?? new TypeError("The format threw nothing");
  }
  if (end > AT_ONCE) handOver();
  return { count: end - before, error };
}

/** Hands over what was encoded. */
export function handOver(): void {
  if (writer.length > 0) receiver!.add(writer.take());
  receiver = undefined;
}
