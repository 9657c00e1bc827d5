/**
 * How much memory a message takes.
 *
 * @module
 */

import type { Message } from "../formats/format.ts";

/**
 * Approximate bytes that V8 uses for an item, or for a text besides its
 * characters.
 */
const ITEM = 32;

/**
 * Estimates how many bytes of memory a message takes, usually within a factor
 * of two.
 */
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
