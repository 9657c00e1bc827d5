/**
 * The costliest messages that `deno task costliest` has found, for the scenarios
 * that measure what they cost others.
 *
 * @module
 */

import { jsonLines } from "./json_parts.ts";
import type { Grammar } from "./parts.ts";
import { pickles } from "./pickle_parts.ts";
import { messageOf } from "./search.ts";

/** Each with its frame and its parts. */
const FOUND: [Grammar, frame: string, ...parts: string[]][] = [
  [pickles, "in a student's list", "STRING escapes", "NONE"],
  [
    pickles,
    "after a student's set of colliding integers",
    "FLOAT",
    "SHORT_BINBYTES",
  ],
  [jsonLines, "in a student", "index keys", "escaped keys"],
  [
    jsonLines,
    "in a student's list",
    "dicts of one new key",
    "999999999999999,",
  ],
];

/** A costly message. */
export interface CostlyMessage {
  format: Grammar["format"];
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Returns the messages. */
export function costlyMessages(): CostlyMessage[] {
  return FOUND.map(([grammar, frameName, ...names]) => {
    const frame = grammar.frames.find(({ name }) => name === frameName)!;
    const parts = names.map((name) =>
      grammar.parts.find((part) => part.name === name)!
    );
    return {
      format: grammar.format,
      name: `${names.join(", ")} ${frameName}`,
      bytes: messageOf({ grammar, frame, parts }).slice(),
    };
  });
}
