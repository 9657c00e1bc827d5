/**
 * JSON, one value per line, so that `nc`, or a program in any language, can be
 * a client.
 *
 * @module
 */

import type { MessageLimits } from "../limits.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { describe } from "./describe.ts";
import { ProtocolError } from "./errors.ts";
import type { FormatReader, Message, WireFormat } from "./format.ts";
import { isMessageMap, LAB_MAPS } from "./format.ts";
import { BROKEN, brokenLine, JsonParser, NotJson } from "./json_parser.ts";
import { type Lookalike, lookalike } from "./lookalike.ts";

const TAB = 0x09;
const RETURN = 0x0d;
const SPACE = 0x20;
const FIRST_NOT_ASCII = 0x80;
const NEWLINE = 0x0a;
/** The reader pauses after so many lines. */
const LINES_AT_ONCE = 512;

/** One JSON value per line, in UTF-8. An integer beyond 2^53 is sent as text. */
export const json: WireFormat = {
  ...LAB_MAPS,
  name: "json",
  ending: "a newline",
  reader: (limits) => new JsonReader(limits),
  write: writeJson,
};

class JsonReader implements FormatReader {
  #limits: MessageLimits;
  #parser: JsonParser;
  #lines = 0;
  /** How many bytes of the incomplete line were searched for its end. Searching them again and again would take long. */
  #searched = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
    this.#parser = new JsonParser(limits);
  }

  get paused(): boolean {
    return this.#lines >= LINES_AT_ONCE;
  }

  read(bytes: Uint8Array, end: number, messages: Message[]): number {
    const { maxRequestBytes } = this.#limits;
    const valid = bytes.subarray(0, end);
    let start = 0;
    this.#lines = 0;
    while (start < end && !this.paused) {
      const newline = valid.indexOf(NEWLINE, start + this.#searched);
      const isComplete = newline !== -1;
      this.#searched = isComplete ? 0 : end - start;
      const lineEnd = isComplete ? newline + 1 : end;
      // An incomplete line lacks at least one byte.
      if (lineEnd - start + (isComplete ? 0 : 1) > maxRequestBytes) {
        throw brokenLine(
          `it is longer than ${maxRequestBytes} bytes`,
          "maxRequestBytes",
        );
      }
      if (!isComplete) {
        checkStart(bytes, start, end);
        break;
      }
      messages.push(this.#parse(bytes, start, newline));
      this.#lines++;
      start = lineEnd;
    }
    return start;
  }

  #parse(bytes: Uint8Array, from: number, to: number): Message {
    try {
      return this.#parser.parse(bytes, from, to);
    } catch (error) {
      if (!(error instanceof NotJson)) throw error;
      throw notJson(bytes, from, to, error.message);
    }
  }
}

/**
 * Throws if the line that begins at `start` cannot become JSON. A pickle may have
 * no newline: a reader that waited for one would wait for ever.
 */
function checkStart(bytes: Uint8Array, start: number, end: number): void {
  const first = bytes[start];
  const isControl = first < TAB || first > RETURN && first < SPACE;
  if (first >= FIRST_NOT_ASCII || isControl) {
    throw notJson(bytes, start, end, "one JSON value");
  }
}

/** The advice for each mistake. */
const ADVICE: Readonly<Partial<Record<Lookalike, string>>> = {
  "HTTP": "a browser or HTTP client cannot connect here",
  "TLS": "connect without it",
  "a length": "send the line alone",
  "a pickle": "did you mean json.dumps?",
  "a pickle in base64": "did you mean json.dumps?",
  "bytes as text": "send the bytes themselves, without str()",
  "a dict as text": "did you forget json.dumps?",
};

/** Returns the error for a line that is not `expected`, with what it looks like. */
function notJson(
  bytes: Uint8Array,
  from: number,
  to: number,
  expected: string,
): ProtocolError {
  const looksLike = lookalike(bytes, from, to);
  const advice = looksLike && ADVICE[looksLike];
  if (advice) {
    const said = `this looks like ${looksLike}: ${advice}`;
    const cause = brokenLine(`it is not ${expected}`);
    return new ProtocolError(`${BROKEN}${said}`, { cause, looksLike });
  }
  const isOpen = to - from <= 2 &&
    /^[[{]/.test(String.fromCharCode(bytes[from]));
  return brokenLine(
    isOpen
      ? "a value must be on one line, as json.dumps writes it without indent"
      : `it is not ${expected}`,
  );
}

/**
 * Writes one message and a newline.
 *
 * @throws {TypeError} If it holds anything that JSON cannot represent.
 */
function writeJson(message: Message, sink: ByteWriter): void {
  if (message === 0 || message === 1) sink.byte(0x30 + message); // most answers
  else sink.text(JSON.stringify(message, writable));
  sink.byte(NEWLINE);
}

function writable(_key: string, value: Message | undefined): unknown {
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "number":
      if (Number.isFinite(value)) return value;
      break;
    case "object":
      if (value === null || Array.isArray(value) || isMessageMap(value)) {
        return value;
      }
      break;
    case "string":
    case "boolean":
      return value;
  }
  throw new TypeError(`Cannot write ${describe(value)} as JSON`);
}
