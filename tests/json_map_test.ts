import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { json } from "../lib/formats/json.ts";
import { MapReader } from "../lib/formats/json_map.ts";
import type { Message } from "../lib/formats/format.ts";
import { same } from "./support/vectors.ts";

const encoder = new TextEncoder();
const LIMITS = { ...DEFAULT_LIMITS, maxItems: 5 };

/**
 * Reads lines with the format's reader. Returns the messages, and the error's
 * message.
 */
function outcome(bytes: Uint8Array): { messages: Message[]; wrong: string } {
  const messages: Message[] = [];
  try {
    json.reader(LIMITS).read(bytes, bytes.length, messages);
    return { messages, wrong: "" };
  } catch (error) {
    return { messages, wrong: (error as Error).message };
  }
}

/** Reads the line within a list, which never takes the fast path. */
function slowly(line: Uint8Array): { message?: Message; wrong: boolean } {
  const bytes = Uint8Array.of(0x5b, ...line, 0x5d, 0x0a);
  const messages: Message[] = [];
  try {
    const limits = { ...LIMITS, maxDepth: LIMITS.maxDepth + 1, maxItems: 6 };
    json.reader(limits).read(bytes, bytes.length, messages);
    const [list] = messages as Message[][];
    // `1,2` is two items of a list, but not a valid line.
    return list.length === 1
      ? { message: list[0], wrong: false }
      : { wrong: true };
  } catch {
    return { wrong: true };
  }
}

const LINES = [
  '{"student_name":"Alice Brown","github_username":"abrown","sid":123456789}',
  '{ "sid" : -5 , "a":"Zo\u00eb \u674e" }',
  '{"__proto__":1,"toString":"x","a":0,"a":12}',
  '{"a":123456789012345,"b":1234567890123456,"c":"\\u0041"}',
].map((line) => encoder.encode(line));

Deno.test("MapReader reads a usual request, and returns undefined for any other line", () => {
  const read = (text: string, maxItems = 5) => {
    const bytes = encoder.encode(`${text}\n`);
    return new MapReader(maxItems).read(bytes, 0, bytes.length - 1);
  };
  assertEquals({ ...read('{"a":"b", "c" :\t1}') }, { a: "b", c: 1 });
  for (
    const text of [
      "{}",
      '{"a":1.5}',
      '{"a":1e3}',
      '{"a":007}',
      '{"a":-0}',
      '{"a":null}',
      '{"a":[1]}',
      '{"a":"\\n"}',
      '{"a":"b}',
      '{"a":1,}',
      '{"a":1}}',
      '{"a":1} {}',
      '{"a"}',
      "{a:1}",
      "[1]",
    ]
  ) assertEquals(read(text), undefined, text);
  assertEquals(read('{"a":1,"b":2}', 1), undefined);
});

Deno.test("json reads a changed line the same way on the fast path and the slow path, whichever byte is changed", () => {
  let quick = 0;
  for (const line of LINES) {
    const changed = new Uint8Array([...line, 0x0a]);
    for (let at = 0; at < line.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        if (byte === 0x0a) continue; // a newline makes two lines
        changed[at] = byte;
        const label = JSON.stringify(new TextDecoder().decode(changed));
        const { messages, wrong } = outcome(changed);
        const slow = slowly(changed.subarray(0, line.length));
        assertEquals(wrong !== "", slow.wrong, label);
        if (wrong) continue;
        assert(same(messages[0], slow.message!), label);
        quick++;
      }
      changed[at] = line[at];
    }
  }
  assert(quick > 5_000, `${quick}`);
});
