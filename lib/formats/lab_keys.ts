/**
 * The keys of the lab's requests, which are read and set faster than others.
 *
 * @module
 */

import { areKnown } from "./decode_text.ts";
import { type Message, type MessageMap, setKey } from "./format.ts";

const KEYS = ["student_name", "github_username", "sid"]
  .map((text) => ({ text, bytes: new TextEncoder().encode(text) }));
/** The keys by their lengths. */
const BY_LENGTH = Array.from(
  { length: 1 + Math.max(...KEYS.map(({ text }) => text.length)) },
  (_, length) => KEYS.find(({ text }) => text.length === length),
);

/** Returns the lab's key that the bytes from `from` up to `to` spell, if they do. */
export function labKey(
  bytes: Uint8Array,
  from: number,
  to: number,
): string | undefined {
  const length = to - from;
  const key = length < BY_LENGTH.length ? BY_LENGTH[length] : undefined;
  return key && areKnown(bytes, from, key.bytes) ? key.text : undefined;
}

/** Sets a key of a map. The engine sets a key that the code names 15 ns faster than one in a variable. */
export function setItem(map: MessageMap, key: string, value: Message): void {
  if (key === "student_name") map.student_name = value;
  else if (key === "github_username") map.github_username = value;
  else if (key === "sid") map.sid = value;
  else setKey(map, key, value);
}
