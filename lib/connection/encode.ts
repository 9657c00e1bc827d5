/**
 * Encoding messages for one write.
 *
 * All connections share one buffer. It holds the bytes of at most one queue: the queue
 * gets them before messages are encoded for another one, or when it asks for them, which
 * it does before it writes. To hand over each short answer alone would take longer than
 * to encode it.
 *
 * @module
 */

import { ByteWriter } from "../formats/byte_writer.ts";
import type { WireFormat } from "../formats/format.ts";

/** With more bytes than this in the buffer, they are handed over. */
const LARGEST = 4096;

const buffer = new ByteWriter();
/** The queue whose bytes are in the buffer. */
let owner: ByteQueue | undefined;
/** Whether a format writes to it at this moment. */
let isWriting = false;

/** A queue of encoded bytes. */
export interface ByteQueue {
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
 * Encodes messages for a queue, until they have more than `most` bytes. The queue gets
 * the bytes later.
 *
 * @throws {TypeError} If a format, or a getter in a message, sends a message meanwhile: it would stand in the middle of another one.
 */
export function encode<Out>(
  messages: readonly (Out | undefined)[],
  format: WireFormat<unknown, Out>,
  most: number,
  queue: ByteQueue,
): Encoded {
  if (isWriting) {
    throw new TypeError("A message cannot be sent while another is encoded");
  }
  if (owner !== queue) handOver();
  owner = queue;
  const start = buffer.length;
  let end = start; // of the messages that are complete
  let error: unknown;
  isWriting = true;
  try {
    for (const message of messages) {
      if (message !== undefined) format.write(message, buffer);
      end = buffer.length;
      if (end - start > most) break;
    }
  } catch (thrown) {
    buffer.length = end;
    error = thrown ?? new TypeError("The format threw nothing");
  } finally {
    isWriting = false;
  }
  if (end > LARGEST) handOver();
  return { count: end - start, error };
}

/** Hands the bytes in the buffer over to their queue, unless a message is incomplete. */
export function handOver(): void {
  if (isWriting) return; // a format has closed a connection
  if (buffer.length > 0) owner!.add(buffer.take());
  owner = undefined;
}
