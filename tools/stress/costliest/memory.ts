/**
 * The memory that one incomplete message holds.
 *
 * @module
 */

import { FORMATS } from "../../../lib/formats/formats.ts";
import type { FormatReader } from "../../../lib/formats/formats.ts";
import { DEFAULT_LIMITS } from "../../../lib/limits.ts";
import { readAll } from "../../../lib/testing/messages.ts";
import type { Grammar } from "./parts.ts";

/** How many readers keep the message at the same time. */
const READERS = 8;

/** The engine's garbage collector, with `--v8-flags=--expose-gc`. */
const { gc } = globalThis as unknown as { gc: () => void };

function used(isExact: boolean): number {
  if (isExact) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/**
 * Returns how many times more memory an incomplete message holds than the server
 * counts. If that is not to be exact, all that was allocated is taken as held.
 */
export function memoryOf(
  format: Grammar["format"],
  bytes: Uint8Array,
  isExact: boolean,
): number {
  const readers: FormatReader[] = [];
  const before = used(isExact);
  let counted = 0;
  try {
    for (let i = 0; i < (isExact ? READERS : 1); i++) {
      const reader = FORMATS[format].reader(DEFAULT_LIMITS);
      readAll(reader, bytes, bytes.length, []);
      counted += reader.heldBytes ?? 0;
      readers.push(reader);
    }
  } catch {
    return 0; // it was refused, and dropped
  }
  const held = used(isExact) - before;
  for (const reader of readers) reader.drop?.();
  return counted > 0 ? held / counted : 0;
}
