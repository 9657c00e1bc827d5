/**
 * Says in a beginner's words why a pickle is refused. Nothing of this is done
 * for a valid pickle.
 *
 * @module
 */

import { escapeAndCut } from "../../text.ts";
import { ProtocolError } from "../errors.ts";
import { isLengthAndPickle, type Lookalike, lookalike } from "../lookalike.ts";
import { Op, REFUSED } from "./opcodes.ts";
import { BROKEN, MalformedPickle } from "./values.ts";

/** What bytes look like that are not a pickle. */
export type Other = Exclude<Lookalike, "a pickle">;

/** The advice for each mistake. */
const ADVICE: Readonly<Record<Other, string>> = {
  "HTTP": "a browser or HTTP client cannot connect here",
  "TLS": "connect without it",
  "a length": "send the pickle alone",
  "a line end": "send the pickle alone",
  "compressed data": "send the pickle itself",
  "a pickle in base64": "send the pickle itself",
  "a pickle in hexadecimal": "send the pickle itself",
  "bytes as text": "send what pickle.dumps returns, without str()",
  "JSON": "did you forget pickle.dumps?",
  "a dict as text": "did you forget pickle.dumps?",
  "text in UTF-16": "did you forget pickle.dumps?",
  "text": "did you forget pickle.dumps?",
};

/** The opcodes that import a class or a function, or make or change an object of one. */
const OF_OBJECTS =
  /^(GLOBAL|STACK_GLOBAL|INST|OBJ|NEWOBJ|NEWOBJ_EX|REDUCE|BUILD|EXT\d)$/;
/** The arguments of `GLOBAL` and `INST`: the names of a module and of what is in it. */
const NAMES = /^[ci][\w.]+\n([\w.]+)\n/;
/** The bytes in which these names are looked for. */
const LONGEST_NAMES = 200;
/** Functions that Python uses to make an object whose class the pickle names elsewhere. */
const MAKERS = /^(_reconstructor|__newobj(_ex)?__|getattr|encode)$/;
/** How much of a number is checked. */
const LONGEST_NUMBER = 64;
/** How the lines of these opcodes may begin, and the error for another one, which is that of the whole line. */
const LINES: Readonly<Record<number, readonly [RegExp, string]>> = {
  [Op.STRING]: [/^(?:['"]|$)/, "a STRING is not quoted"],
  [Op.FLOAT]: [/^\s*[\d.a-z+-]*\s*$/i, "a FLOAT is not a number"],
};
/** The same for all others, which are integers. */
const NUMBER_LINE = [
  /^\s*[+-]?\d*\s*L?\s*$/,
  "an INT or LONG is not a number",
] as const;
/** The most characters of a name that is shown. */
const LONGEST_NAME = 40;

/**
 * Returns the error for an opcode that does not exist or is refused. It is at
 * `at`, in a pickle that begins at `start`, or earlier than these bytes.
 *
 * @param name The text on top of the stack: `STACK_GLOBAL` takes it as a name.
 */
export function refusedOpcode(
  bytes: Uint8Array,
  start: number,
  at: number,
  end: number,
  name: unknown,
): ProtocolError {
  const opcode = REFUSED[bytes[at]];
  if (opcode === undefined) {
    const hex = bytes[at].toString(16).padStart(2, "0");
    return new MalformedPickle(`there is no opcode 0x${hex}`);
  }
  const why = `opcode ${opcode} is refused`;
  const head = bytes.subarray(at, Math.min(end, at + LONGEST_NAMES));
  const named = NAMES.exec(String.fromCharCode(...head))?.[1];
  // In text, an opcode is only a letter.
  const isLetter = start >= 0 && looksElse(bytes, start, end) !== undefined;
  if (isLetter || !OF_OBJECTS.test(opcode)) {
    return new MalformedPickle(why, "it holds more than plain data");
  }
  if (named === "encode") {
    const said = "it holds bytes: was pickle.dumps called twice?";
    return new MalformedPickle(why, said);
  }
  const found = named ?? (opcode === "STACK_GLOBAL" ? name : undefined);
  const isClass = typeof found === "string" && !MAKERS.test(found);
  const said = isClass
    ? `it names ${escapeAndCut(found, LONGEST_NAME)}, a class or function`
    : "it holds an object of a class";
  return new MalformedPickle(
    why,
    `${said}: send a plain dict of text and numbers`,
  );
}

/** What bytes look like that are not a pickle, and what to do about it. */
export interface LooksElse {
  /** What they look like. */
  readonly looksLike: Other;
  /** The same as a sentence, with the advice. */
  readonly said: string;
}

/** Returns what bytes look like, if they look like something other than a pickle. */
export function looksElse(
  bytes: Uint8Array,
  start: number,
  end: number,
): LooksElse | undefined {
  const looksLike = lookalike(bytes, start, end);
  if (looksLike === undefined || looksLike === "a pickle") return undefined;
  const said = `this looks like ${looksLike}: ${ADVICE[looksLike]}`;
  return { looksLike, said };
}

/**
 * Returns the error for a pickle that could not be read. If its bytes look like
 * something else, the error says that, and no opcodes.
 *
 * @param start Where the pickle begins. If negative, its start is gone.
 */
export function explained(
  error: unknown,
  bytes: Uint8Array,
  start: number,
  end: number,
): unknown {
  if (!(error instanceof ProtocolError) || start < 0) return error;
  const other = looksElse(bytes, start, end);
  if (other === undefined) return error;
  const { said, looksLike } = other;
  const { limit } = error;
  const options = { cause: error, limit, looksLike };
  return new ProtocolError(`${BROKEN}${said}`, options);
}

/**
 * Throws if the line of the opcode at `at` is incomplete and cannot become its
 * argument: a reader that waited for the line's end would wait for ever for a text
 * such as `I am Alice`, or a pickle in base64.
 *
 * @param start Where the pickle begins. If negative, its start is gone.
 */
export function checkLine(
  bytes: Uint8Array,
  start: number,
  at: number,
  end: number,
): void {
  const opcode = bytes[at];
  if (opcode === Op.UNICODE) {
    // Any line is a text, but `V` is also a byte of a length.
    if (start >= 0 && isLengthAndPickle(bytes, start, end)) {
      throw new MalformedPickle("a line has no end");
    }
    return;
  }
  const from = at + 1;
  const head = bytes.subarray(from, Math.min(end, from + LONGEST_NUMBER));
  const line = String.fromCharCode(...head);
  const [argument, why] = LINES[opcode] ?? NUMBER_LINE;
  if (!argument.test(line)) throw new MalformedPickle(why);
}
