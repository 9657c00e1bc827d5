// Pickles after a binary length, as Python's struct packs it.

import { FORMATS, type Message } from "../../lib/formats/formats.ts";
import { ProtocolError } from "../../lib/formats/errors.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { ALICE, encode } from "./peers.ts";
import { fromHex } from "./vectors.ts";

/** Alice's pickle in protocol 2, and as CPython writes it in protocol 4. */
const SHORT = [
  encode([ALICE]),
  fromHex(
    "80049548000000000000007d94288c0c73747564656e745f6e616d65948c0b416c6963" +
      "652042726f776e948c0f6769746875625f757365726e616d65948c066162726f776e94" +
      "8c03736964944a15cd5b07752e",
  ),
];

/** All parts, one after another. */
export function joined(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, it) => sum + it.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A binary number, the high byte first or last. */
export function number(
  value: number,
  width: number,
  isLittle = false,
): Uint8Array {
  const bytes = new Uint8Array(width);
  for (let i = 0; i < width; i++) {
    bytes[isLittle ? i : width - 1 - i] = Math.floor(value / 256 ** i) % 256;
  }
  return bytes;
}

/** Alice's pickle, with a name that makes it so long. */
export function ofLength(length: number): Uint8Array {
  const unnamed = encode([{ ...ALICE, student_name: "" }]).length;
  const student_name = "A".repeat(Math.max(0, length - unnamed));
  return encode([{ ...ALICE, student_name }]);
}

/** What a server reads. */
export interface Outcome {
  /** The messages. */
  messages: Message[];
  /** What is wrong with the bytes after them, if anything is. */
  error?: unknown;
  /** What the incomplete message looks like. */
  hint?: string;
}

/** Reads bytes that come at once, as the server does. */
export function outcome(bytes: Uint8Array): Outcome {
  const reader = FORMATS.pickle.reader(DEFAULT_LIMITS);
  const messages: Message[] = [];
  let rest = bytes;
  try {
    do rest = rest.subarray(reader.read(rest, rest.length, messages)); while (
      reader.paused
    );
    return { messages, hint: reader.hint?.(rest, rest.length) };
  } catch (error) {
    return { messages, error };
  }
}

function isNamed({ error }: Outcome): boolean {
  return error instanceof ProtocolError &&
    error.message.includes(": this looks like a length: send the pickle alone");
}

/**
 * Sends a pickle after each length that is chosen, in 2, 4 and 8 bytes. Returns the
 * headers, in hexadecimal, that are pickles or have no effect, so that a pickle after
 * them is valid, and what is wrong with the errors for the others.
 */
export function tryLengths(
  isChosen: (length: number) => boolean,
): { valid: Set<string>; unnamed: string[] } {
  const valid = new Set<string>();
  const unnamed: string[] = [];
  for (const width of [2, 4, 8]) {
    for (const isLittle of [false, true]) {
      const most = Math.min(65_536, 256 ** width - 1);
      for (let length = 1; length <= most; length++) {
        if (!isChosen(length)) continue;
        const header = number(length, width, isLittle);
        // To send long pickles takes long. It is needed if the reader waits for as
        // many bytes as the header seems to announce, and after two line ends, which
        // are a length only if the pickle has that length.
        if (SHORT.every((it) => isNamed(outcome(joined(header, it))))) continue;
        const seen = outcome(joined(header, ofLength(length)));
        if (seen.messages.length > 0) valid.add(header.toHex().slice(0, 4));
        else if (!isNamed(seen)) {
          unnamed.push(`${header.toHex()}: ${seen.error ?? "it waits"}`);
        }
      }
    }
  }
  return { valid, unnamed };
}
