/**
 * What a reader makes of some bytes, and how two such outcomes differ.
 *
 * @module
 */

import { inspect } from "node:util";
import { PeerError } from "../../../lib/formats/errors.ts";
import type {
  FormatReader,
  Message,
  WireFormat,
} from "../../../lib/formats/format.ts";
import type { LimitName, MessageLimits } from "../../../lib/limits.ts";

/** Bytes as they come to a reader. */
export interface Input {
  /** All bytes. A reader's buffer holds old ones behind those that have come. */
  readonly bytes: Uint8Array;
  /** How many of the bytes have come at each read. */
  readonly ends: readonly number[];
  /** The reader's limits. */
  readonly limits: MessageLimits;
}

/** Why a reader refused its bytes. */
interface Refusal {
  readonly type: unknown;
  readonly limit: LimitName | undefined;
  readonly words: string;
  /** Whether the start of the message was there. */
  readonly hasStart: boolean;
}

/** What a reader made of an input. */
export interface Outcome {
  readonly messages: readonly Message[];
  /** After each read, how many bytes were taken, and how many of them belong to an incomplete message. */
  readonly taken: readonly (readonly [number, number])[];
  readonly refusal: Refusal | undefined;
}

/** Reads an input with a new reader. */
export function read(format: WireFormat, input: Input): Outcome {
  const { bytes, ends, limits } = input;
  const reader = format.reader(limits);
  const messages: Message[] = [];
  const taken: [number, number][] = [];
  let at = 0;
  let hasStart = true;
  try {
    for (const end of ends) {
      do {
        hasStart = pending(reader) === 0;
        at += reader.read(bytes.subarray(at), end - at, messages);
      } while (reader.paused);
      taken.push([at, pending(reader)]);
    }
    return { messages, taken, refusal: undefined };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { messages, taken, refusal: refusalOf(error, hasStart) };
  } finally {
    reader.drop?.();
  }
}

function pending(reader: FormatReader): number {
  return reader.pendingBytes ?? 0;
}

function refusalOf(error: PeerError, hasStart: boolean): Refusal {
  const { message, cause, limit } = error;
  const own = cause instanceof PeerError ? cause : error;
  if (own.limit !== limit) throw new Error("the cause has another limit");
  const words = `${message}, since ${own.message}`;
  return { type: own.constructor, limit, words, hasStart };
}

/** Returns how two outcomes differ, or `undefined` if they are the same. */
export function difference(a: Outcome, b: Outcome): string | undefined {
  if (!same([...a.messages], [...b.messages])) {
    return `messages: ${show(a.messages)} and ${show(b.messages)}`;
  }
  if (a.taken.join() !== b.taken.join()) {
    return `bytes taken and pending: ${show(a.taken)} and ${show(b.taken)}`;
  }
  const [one, other] = [a.refusal, b.refusal];
  // The words say what the bytes look like only if the message's start is there. It
  // is gone if a reader paused within the message, after some opcodes.
  const isSame = one?.type === other?.type && one?.limit === other?.limit &&
    (one?.words === other?.words || one?.hasStart !== other?.hasStart);
  return isSame ? undefined : `refusals: ${show(one)} and ${show(other)}`;
}

/** Returns a value as one line. */
export function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity });
}

/** Whether two messages are the same in every respect, also the order of their keys. */
export function same(a: Message, b: Message): boolean {
  if (typeof a !== "object" || typeof b !== "object") return Object.is(a, b);
  if (a === null || b === null) return a === b;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Uint8Array) return a.join() === (b as Uint8Array).join();
  if (Object.isFrozen(a) !== Object.isFrozen(b)) return false;
  const [those, these] = [parts(a), parts(b)];
  return those.length === these.length &&
    those.every((part, i) => same(part, these[i]));
}

/** The keys and values of a container, one after another. */
function parts(container: Message & object): Message[] {
  if (container instanceof Map) return [...container].flat(1);
  if (container instanceof Set) return [...container];
  return Reflect.ownKeys(container).flatMap((key) => {
    const { value, enumerable, writable, configurable } = Object
      .getOwnPropertyDescriptor(container, key)!;
    return [String(key), value, enumerable!, writable!, configurable!];
  });
}
