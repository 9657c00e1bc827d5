/**
 * The processor time of one message: reading it, and all that the lab's handler
 * does with it.
 *
 * @module
 */

import { FORMATS } from "../../../lib/formats/formats.ts";
import type { Message } from "../../../lib/formats/formats.ts";
import { DEFAULT_LIMITS } from "../../../lib/limits.ts";
import { readAll } from "../../../lib/testing/messages.ts";
import { MemoryStore } from "../../../lib/students/memory.ts";
import { connectedLine, toStudent } from "../../../lib/students/student.ts";
import type { Grammar } from "./parts.ts";

/** Where the student comes from. */
const ORIGIN = { clientId: 1, clientIp: "127.0.0.1" };

/** Reads a message and records the student in it. Returns whether it was read to its end. */
function use(format: Grammar["format"], bytes: Uint8Array): boolean {
  const reader = FORMATS[format].reader(DEFAULT_LIMITS);
  const messages: Message[] = [];
  try {
    readAll(reader, bytes, bytes.length, messages);
    for (const message of messages) {
      const student = toStudent(message);
      const store = new MemoryStore();
      void store.has([student]);
      void store.record([{ students: [student], origin: ORIGIN, at: 0 }]);
      connectedLine(student);
    }
    return messages.length > 0;
  } catch {
    return false;
  }
}

/** The shortest of so many tries is exact. */
const TRIES = 5;

/** Returns how long a message keeps the processor, in milliseconds. */
export function workOf(
  format: Grammar["format"],
  bytes: Uint8Array,
  isExact: boolean,
): number {
  let shortest = Infinity;
  for (let i = 0; i < (isExact ? TRIES : 1); i++) {
    const began = performance.now();
    use(format, bytes);
    shortest = Math.min(shortest, performance.now() - began);
  }
  return shortest;
}
