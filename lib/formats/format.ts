/**
 * What a wire format is: messages to bytes, and bytes to messages.
 *
 * @module
 */

import type { MessageLimits } from "../limits.ts";
import type { ByteWriter } from "./byte_writer.ts";

/** Anything that travels: data only, whatever the format. */
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

/** A map whose keys are all text. As read, it inherits nothing: `__proto__` is a key like any other. */
export interface MessageMap {
  /** The value of each key. */
  [key: string]: Message;
}

/** What a map that was read inherits from: nothing is in it, and nothing behind it. */
const NOTHING: object = Object.freeze(Object.create(null));

function EmptyMap() {}
EmptyMap.prototype = NOTHING;

/**
 * Makes an empty map, as messages that are read have them. It inherits nothing:
 * `__proto__` is a key like any other. So it would be without any prototype at
 * all; but such objects the engine keeps in a slow form, in which to set three
 * keys and count them takes 138 ns, and not 30 (Deno 2.9.6).
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

/** Reads the messages of one connection, which may be cut anywhere. */
export interface FormatReader {
  /** Bytes of the unfinished message that {@linkcode read} has taken already. */
  readonly pendingBytes: number;

  /**
   * Whether {@linkcode read} stopped before it had read all, since what it had
   * read took long. It goes on when it is called again, also with no new bytes.
   */
  readonly paused?: boolean;

  /** Forgets the unfinished message, since no more will be read. */
  drop?(): void;

  /**
   * Reads all complete messages at the front of `bytes`, unless that takes long.
   *
   * @param bytes What has come and was not taken before. It is reused by the
   * caller, so no message may point into it.
   * @param end How many of the bytes count; what follows is of old.
   * @param messages Takes the messages, in order, also when this throws.
   * @returns How many bytes were taken. The others come again, with more after them.
   * @throws {ProtocolError} If no further byte could complete the message.
   */
  read(bytes: Uint8Array, end: number, messages: Message[]): number;
}

/** A wire format, as `--wire` names it. */
export interface WireFormat {
  /** Its name on the command line. */
  readonly name: string;

  /**
   * Milliseconds from the server's greeting to its first answer, at least.
   */
  readonly greetingPause: number;

  /** Makes the reader of one connection. */
  reader(limits: MessageLimits): FormatReader;

  /**
   * Writes one message to the end of `sink`.
   *
   * @throws {TypeError} If the format has no form for it.
   */
  write(message: Message, sink: ByteWriter): void;
}
