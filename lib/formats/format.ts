/**
 * The interface of a wire format, which encodes and decodes messages.
 *
 * @module
 */

import type { MessageLimits } from "../limits.ts";
import type { ByteWriter } from "./byte_writer.ts";
import type { PeerError } from "./errors.ts";

/** A message of pickle or JSON: only data. Formats of other messages have types of their own. */
export type Message =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Message[]
  | Set<Message>
  | Map<Message, Message>
  | MessageMap;

/** A map whose keys are all text: a plain object. */
export interface MessageMap {
  /** The value of each key. */
  [key: string]: Message;
}

/** The last index of an array. */
const LAST_INDEX = "4294967294";

/** Sets a key of a map. An assignment to `__proto__` would set the prototype instead. */
export function setKey(map: MessageMap, key: string, value: Message): void {
  // For keys that are indexes, the engine would allocate an array up to the highest.
  // An index that is far away makes it use a table, and go on with it.
  const first = key.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39 && !(LAST_INDEX in map)) {
    map[LAST_INDEX] = null;
    delete map[LAST_INDEX];
  }
  if (key !== "__proto__") map[key] = value;
  else {
    const own = { writable: true, enumerable: true, configurable: true };
    Object.defineProperty(map, key, { ...own, value });
  }
}

/**
 * Whether the message is a map whose keys are all text.
 *
 * @example
 * ```ts
 * import { isMessageMap, type Message } from "@rollcall/rollcall/formats";
 *
 * const nameIn = (message: Message) => isMessageMap(message) ? message.name : null;
 * if (nameIn({ name: "Alice Brown" }) !== "Alice Brown") throw new Error();
 * if (nameIn(["Alice Brown"]) !== null) throw new Error("a list is no map");
 * ```
 */
export function isMessageMap(message: Message): message is MessageMap {
  if (typeof message !== "object" || message === null) return false;
  const prototype = Object.getPrototypeOf(message);
  return prototype === Object.prototype || prototype === null;
}

/** Decodes the messages of one connection, which may arrive cut at any byte. */
export interface FormatReader<out In = Message> {
  /**
   * Bytes of the incomplete message that {@linkcode read} has already taken.
   *
   * @default {0}
   */
  readonly pendingBytes?: number;

  /**
   * About how many bytes of memory the incomplete message holds, besides its bytes in
   * the buffer.
   *
   * @default {0}
   */
  readonly heldBytes?: number;

  /**
   * Whether {@linkcode read} stopped early because decoding took long. The next
   * call continues, even without new bytes.
   */
  readonly paused?: boolean;

  /**
   * Says what the incomplete message at the front of `bytes` looks like, if it looks
   * like something else, for the error that it is not complete in time.
   *
   * @param end How many of the bytes are valid.
   */
  hint?(bytes: Uint8Array, end: number): string | undefined;

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
  read(bytes: Uint8Array, end: number, messages: In[]): number;
}

/**
 * A wire format: how messages look as bytes. It decodes to `In`, and encodes `Out`.
 *
 * @example A format of your own, and a test of it
 * ```ts
 * import { ByteWriter, type WireFormat } from "@rollcall/rollcall/formats";
 * import { DEFAULT_LIMITS } from "@rollcall/rollcall/limits";
 *
 * const numbers: WireFormat<number> = {
 *   name: "numbers of 16 bits",
 *   reader: () => ({
 *     read(bytes, end, messages) {
 *       let at = 0;
 *       for (; at + 2 <= end; at += 2) messages.push(bytes[at] + bytes[at + 1] * 256);
 *       return at; // an odd byte waits for the next one
 *     },
 *   }),
 *   write: (number, sink) => sink.uint16(number),
 * };
 * const sink = new ByteWriter();
 * numbers.write(300, sink);
 * const messages: number[] = [];
 * numbers.reader(DEFAULT_LIMITS).read(sink.take(), 2, messages);
 * if (messages.join() !== "300") throw new Error(messages.join());
 * ```
 */
export interface WireFormat<out In = Message, in out Out = In> {
  /** Its name. */
  readonly name: string;

  /**
   * The least time from the server's greeting to its first answer, in
   * milliseconds.
   *
   * @default {0}
   */
  readonly greetingPause?: number;

  /** What ends a message, for clients that leave it out. Without it, the bytes themselves say where a message ends. */
  readonly ending?: string;

  /** Makes the reader of one connection. */
  reader(limits: MessageLimits): FormatReader<In>;

  /** Returns the greeting of a server for a client with this id. Without it, a server greets no one. */
  greeting?(clientId: number): Out;

  /** Returns the response that tells a client what is wrong: the error's message. Without it, the connection closes at the first error, without a response. */
  error?(error: PeerError): Out;

  /**
   * Writes one message to the end of `sink`, which may hold earlier ones. It must not
   * remove bytes, or send a message.
   *
   * @throws {TypeError} If the format cannot represent it.
   */
  write(message: Out, sink: ByteWriter): void;
}

/** The greeting and the error of the lab's protocol, for any format that has maps. */
export const LAB_MAPS = {
  greeting: (clientid: number): MessageMap => ({ clientid }),
  error: ({ message }: PeerError): MessageMap => ({ error: message }),
} satisfies Partial<WireFormat>;
