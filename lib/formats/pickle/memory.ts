/**
 * The memory that the values of a pickle take: estimating its bytes, and freeing it.
 *
 * @module
 */

import type { Message } from "../format.ts";

/** A place on the stack, or a small number. */
export const SLOT = 16;
/** An empty text. */
const TEXT = 32;
/** An entry of a container or of the memo. */
export const ENTRY = 64;
/** An empty container. */
export const CONTAINER = 256;
/** An empty bytes object. */
const BYTES = 480;
/** An integer that is not exact as a number. */
const LARGE_INTEGER = 1100;

/** Estimates the bytes of a value and of its place on the stack. */
export function bytesOf(value: Message): number {
  if (typeof value === "string") return SLOT + TEXT + 2 * value.length;
  if (typeof value === "bigint") return LARGE_INTEGER;
  if (typeof value !== "object" || value === null) return 2 * SLOT;
  return value instanceof Uint8Array ? BYTES + value.length : CONTAINER;
}

/**
 * Removes the values from `length` up. Setting the array's `length` would make
 * the engine free their memory and allocate it again for the next message, which
 * is slower.
 */
export function shorten(values: Message[], length: number): void {
  while (values.length > length) values.pop();
}
