/**
 * How much memory a message takes.
 *
 * @module
 */

import type { Message } from "../formats/format.ts";

/** Bytes of an item or of a text's head, about what V8 takes. */
const ITEM = 32;

/** Bytes that a message takes in memory, as a rule not twice as many. */
export function estimateBytes(message: Message): number {
  if (typeof message === "string") return ITEM + 2 * message.length;
  if (typeof message === "bigint") {
    return ITEM + message.toString(16).length / 2;
  }
  if (typeof message !== "object" || message === null) return ITEM;
  if (message instanceof Uint8Array) return 8 * ITEM + message.length;
  let bytes = Array.isArray(message) ? 4 * ITEM : 7 * ITEM;
  if (message instanceof Map) {
    for (const [key, value] of message) {
      bytes += estimateBytes(key) + estimateBytes(value);
    }
  } else if (Array.isArray(message) || message instanceof Set) {
    for (const item of message) bytes += estimateBytes(item);
  } else {
    const map = message as Record<string, Message>;
    for (const key in map) {
      bytes += estimateBytes(key) + estimateBytes(map[key]);
    }
  }
  return bytes;
}
