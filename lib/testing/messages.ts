/**
 * Sends and reads messages for test clients, on a real or a simulated connection.
 *
 * @module
 */

import { MessageReader } from "../connection/reader.ts";
import { ByteWriter } from "../formats/byte_writer.ts";
import { DEFAULT_FORMAT } from "../formats/formats.ts";
import type { FormatReader, Message, WireFormat } from "../formats/formats.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Connection } from "../net.ts";

/** Returns the bytes of messages, one after another. */
export function encode(
  messages: readonly Message[],
  format: WireFormat = DEFAULT_FORMAT,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (const message of messages) format.write(message, writer);
  return writer.take();
}

/** Writes all of the bytes, although one write may take only some of them. */
export async function writeAll(
  conn: Pick<Connection, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

/** Splits the bytes that a test client reads into messages of up to 16 MiB. */
export class TestReader {
  #reader: MessageReader;

  /** Makes a reader of one connection. */
  constructor(format: WireFormat = DEFAULT_FORMAT) {
    const limits = { ...DEFAULT_LIMITS, maxRequestBytes: 2 ** 24 };
    this.#reader = new MessageReader(format, limits);
  }

  /**
   * Reads once, at most `most` bytes. Resolves to the messages that are complete
   * now, or to `undefined` at the end of the connection.
   *
   * @throws {ProtocolError} If the bytes are not a message.
   */
  async read(
    conn: Pick<Connection, "read">,
    most = Infinity,
  ): Promise<Message[] | undefined> {
    const { room } = this.#reader;
    const count = await conn.read(room.subarray(0, most));
    return count === null ? undefined : this.#take(count);
  }

  /**
   * Returns the messages that these bytes complete.
   *
   * @throws {ProtocolError} If the bytes are not a message.
   */
  decode(bytes: Uint8Array): Message[] {
    const messages: Message[] = [];
    for (let at = 0; at < bytes.length;) {
      const { room } = this.#reader;
      const piece = bytes.subarray(at, at + room.length);
      room.set(piece);
      messages.push(...this.#take(piece.length));
      at += piece.length;
    }
    return messages;
  }

  #take(count: number): Message[] {
    const messages = this.#reader.decode(count);
    while (this.#reader.hasUndecoded) messages.push(...this.#reader.decode(0));
    if (this.#reader.error) throw this.#reader.error;
    return messages;
  }
}

/** Reads all messages of `bytes`, as {@linkcode FormatReader.read} does, but without a pause. */
export function readAll<In>(
  reader: FormatReader<In>,
  bytes: Uint8Array,
  end: number,
  messages: In[],
): number {
  let taken = reader.read(bytes, end, messages);
  while (reader.paused) {
    taken += reader.read(bytes.subarray(taken), end - taken, messages);
  }
  return taken;
}
