/**
 * The interface of a wire format, which encodes and decodes messages.
 *
 * @module
 */

import type { MessageLimits } from "../limits.ts";
import type { ByteWriter } from "./byte_writer.ts";

/** A message, whatever its wire format: only data. */
export type Message =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Message[]
  | ReadonlySet<Message>
  | ReadonlyMap<Message, Message>
  | MessageMap;

/**
 * A map whose keys are all text. A decoded one inherits no properties:
 * `__proto__` is a key like any other.
 */
export interface MessageMap {
  /** The value of each key. */
  [key: string]: Message;
}

/** The prototype of decoded maps. It is empty and has no prototype itself. */
const NOTHING: object = Object.freeze(Object.create(null));

function EmptyMap() {}
EmptyMap.prototype = NOTHING;

/**
 * Makes an empty map for a decoded message. It inherits no properties:
 * `__proto__` is a key like any other. An object without any prototype would do
 * the same, but the engine stores such an object in a slower form.
 */
export function emptyMap(): MessageMap {
  return new (EmptyMap as unknown as new () => MessageMap)();
}

/** Whether the message is a map whose keys are all text. */
export function isMessageMap(message: Message): message is MessageMap {
  if (typeof message !== "object" || message === null) return false;
  const prototype = Object.getPrototypeOf(message);
  return prototype === NOTHING || prototype === Object.prototype ||
    prototype === null;
}

/** Decodes the messages of one connection, which may arrive cut at any byte. */
export interface FormatReader {
  /** Bytes of the incomplete message that {@linkcode read} has already taken. */
  readonly pendingBytes: number;

  /**
   * Whether {@linkcode read} stopped early because decoding took long. The next
   * call continues, even without new bytes.
   */
  readonly paused?: boolean;

  /** Drops the incomplete message, because no more bytes will be read. */
  drop?(): void;

  /**
   * Decodes all complete messages at the front of `bytes`, unless that takes
   * long: then it stops early.
   *
   * @param bytes The bytes that were not taken before. The caller reuses them,
   * so no message may point into them.
   * @param end How many of the bytes are valid. The rest is old data.
   * @param messages Receives the messages, in order, even if this throws.
   * @returns How many bytes were taken. The next call gets the others again,
   * followed by new ones.
   * @throws {ProtocolError} If the bytes are not a message, and no further bytes can complete them.
   */
  read(bytes: Uint8Array, end: number, messages: Message[]): number;
}

/** A wire format, as `--wire` names it. */
export interface WireFormat {
  /** Its name on the command line. */
  readonly name: string;

  /**
   * The least time from the server's greeting to its first answer, in
   * milliseconds.
   */
  readonly greetingPause: number;

  /** Makes the reader of one connection. */
  reader(limits: MessageLimits): FormatReader;

  /**
   * Writes one message to the end of `sink`.
   *
   * @throws {TypeError} If the format cannot represent it.
   */
  write(message: Message, sink: ByteWriter): void;
}
