/**
 * The size of a message once its shared values are expanded.
 *
 * @module
 */

import type { MessageLimits } from "../../limits.ts";
import type { ProtocolError } from "../errors.ts";
import type { Message } from "../format.ts";
import { isMessageMap } from "../format.ts";
import { brokenPickle } from "./values.ts";

/**
 * Checks that a message is within the limits once its shared values are
 * expanded. A pickle of a few bytes can use one long text a thousand times, and
 * printing or forwarding the message would expand it. Returns the number of
 * items.
 *
 * @throws {ProtocolError} If it exceeds a limit, or contains itself.
 */
export function checkMeasure(message: Message, limits: MessageLimits): number {
  let items = 0;
  let size = 0;
  const path: Message[] = [];
  const count = (): void => {
    if (++items > limits.maxItems) throw tooManyItems(limits);
  };
  const walk = (value: Message): void => {
    size += sizeOf(value);
    if (size > limits.maxRequestBytes) {
      throw brokenPickle(
        "it is too long once its shared values are expanded",
        "maxRequestBytes",
      );
    }
    if (
      typeof value !== "object" || value === null || value instanceof Uint8Array
    ) return;
    if (path.includes(value)) throw brokenPickle("a container contains itself");
    if (path.length === limits.maxDepth) throw tooDeep(limits);
    path.push(value);
    if (isMessageMap(value)) {
      for (const key in value) {
        count();
        size += key.length;
        walk(value[key]);
      }
    } else if (value instanceof Map) {
      for (const [key, item] of value) {
        count();
        walk(key);
        walk(item);
      }
    } else {
      for (const item of value) {
        count();
        walk(item);
      }
    }
    path.pop();
  };
  walk(message);
  return items;
}

/** Returns the length of a text, of bytes, or of a long integer in hexadecimal. */
function sizeOf(value: Message): number {
  if (typeof value === "bigint") return value.toString(16).length;
  return typeof value === "string" || value instanceof Uint8Array
    ? value.length
    : 0;
}

/** Returns the error for a message that is nested too deep. */
export function tooDeep({ maxDepth }: MessageLimits): ProtocolError {
  return brokenPickle(`it is nested more than ${maxDepth} deep`, "maxDepth");
}

/** Returns the error for a message that has too many items. */
export function tooManyItems({ maxItems }: MessageLimits): ProtocolError {
  return brokenPickle(`it has more than ${maxItems} items`, "maxItems");
}
