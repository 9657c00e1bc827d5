/**
 * What a client can send to make the server print much.
 *
 * @module
 */

import { STUDENT } from "../../../clienthelper.ts";
import type { Message } from "../../../lib/formats/formats.ts";
import { encode } from "../../../lib/testing/messages.ts";

/** What a loud client does on each of its connections, one after another. */
export interface Loud {
  /** The bytes that it sends. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether it sends them without end. If not, it closes the connection and connects again. */
  repeats?: boolean;
  /** Whether it does not read, so that the connection is reset when it closes it. */
  resets?: boolean;
  /** What it sends first, on a connection of its own. */
  before?: () => Uint8Array<ArrayBuffer>;
}

/** A request with one of the longest errors. */
const INVALID: Message = { student_name: "Bob Chen", github_username: "bchen" };
/** A request whose fields are as long as they can be once they are escaped. */
const ESCAPES: Message = {
  student_name: "\x01".repeat(21_000),
  github_username: "\u{e0041}".repeat(5000),
  sid: "\u200b".repeat(7000),
};
/** A name that fills nearly a whole request. */
const LONG = "a".repeat(65_000);

function invalid(count: number): Message[] {
  return Array(count).fill(INVALID);
}

/** More large students than a roster takes. */
function manyStudents(): Message[] {
  return Array.from({ length: 1100 }, (_, sid) => ({
    ...STUDENT,
    sid,
    student_name: LONG,
  }));
}

/** The loud clients, by what they do. */
export const LOUD: Readonly<Record<string, Loud>> = {
  "15 invalid, 1 valid": {
    bytes: encode([...invalid(15), STUDENT]),
    repeats: true,
  },
  "4 invalid, connects again": { bytes: encode(invalid(4)) },
  "16 invalid, connects again": { bytes: encode(invalid(16)) },
  "1 valid, connects again": { bytes: encode([STUDENT]) },
  // INST, an opcode that is refused by name.
  "broken bytes, connects again": { bytes: Uint8Array.of(0x69) },
  // BINUNICODE with a length over maxRequestBytes.
  "a limit, connects again": {
    bytes: Uint8Array.of(0x58, 0xff, 0xff, 0xff, 0x7f),
  },
  "reset in the middle": {
    bytes: encode([INVALID, STUDENT]).slice(0, -5),
    resets: true,
  },
  "escapes": { bytes: encode([ESCAPES, ...invalid(1)]), repeats: true },
  "a full roster, connects again": {
    bytes: encode([{ ...STUDENT, sid: -1, student_name: LONG }]),
    before: () => encode(manyStudents()),
  },
};
