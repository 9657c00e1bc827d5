/**
 * The requests of a load: 63,000 students, in the protocol of each server.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { ByteWriter } from "../../lib/formats/byte_writer.ts";
import { FORMATS } from "../../lib/formats/formats.ts";

/** The protocol of a load. `echo` sends uniform pickles, which come back unchanged. */
export type Speech = "pickle" | "mixed" | "json" | "redis" | "echo";

/** The number of students. */
export const STUDENTS = 63_000;
/** The first student's sid. All sids have nine digits. */
const FIRST_SID = 100_000_000;

/** Requests, and the length of the answer to each. */
export interface Workload {
  /** The requests, in order. */
  readonly requests: readonly Uint8Array[];
  /** The length of the answer to each, in bytes. */
  readonly answers: readonly number[];
  /** Whether the server speaks first. */
  readonly greets: boolean;
}

/** Returns the requests of `count` students. */
export async function workload(
  speech: Speech,
  count: number,
): Promise<Workload> {
  const requests = speech === "mixed"
    ? await mixed(count)
    : Array.from({ length: count }, (_, i) => uniform(speech, i));
  const answer = { pickle: 5, mixed: 5, json: 2, redis: 4, echo: 0 }[speech];
  const answers = requests.map(({ length }) => answer || length);
  const greets = speech !== "redis" && speech !== "echo";
  return { requests, answers, greets };
}

const sink = new ByteWriter();
const encoder = new TextEncoder();

/** Returns the request of a student who differs from the others only in the sid. */
function uniform(speech: Speech, nth: number): Uint8Array {
  const sid = FIRST_SID + nth;
  const student = {
    student_name: "Alice Brown",
    github_username: "abrown",
    sid,
  };
  switch (speech) {
    case "json":
      FORMATS.json.write(student, sink);
      return sink.take();
    case "redis":
      return encoder.encode(command(
        ...["HSET", `student:${sid}`, "student_name", "Alice Brown"],
        ...["github_username", "abrown", "sid", String(sid)],
      ));
    default:
      return protocol4(sid);
  }
}

/** Returns a command in the protocol of Redis (RESP). */
function command(...words: readonly string[]): string {
  const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join("")}`;
}

/** Returns what CPython's `pickle.dumps(student, 4)` writes. */
function protocol4(sid: number): Uint8Array {
  const text = (it: string) => `\x8c${String.fromCharCode(it.length)}${it}\x94`;
  const digits = [0, 8, 16, 24].map((bits) => sid >> bits & 255);
  const body = "}\x94(" + text("student_name") + text("Alice Brown") +
    text("github_username") + text("abrown") + text("sid") +
    `J${String.fromCharCode(...digits)}u.`;
  const frame = String.fromCharCode(body.length) + "\0".repeat(7);
  return Uint8Array.from(`\x80\x04\x95${frame}${body}`, (c) => c.charCodeAt(0));
}

/**
 * The Python program that pickles mixed requests: protocols 0 to 5, keys in any
 * order, names of 1 to 60 characters, a quarter of them not ASCII, numbers of 1 to 12
 * digits, one in a hundred as text.
 */
const MIXED = `
import pickle, random, struct, sys
for nth in range(int(sys.argv[1])):
    chance = random.Random(nth)
    letters = "abcdefghij klmnopqrstuvwxyz"
    if chance.random() < 0.25:
        letters += "\\u00e9\\u00f6\\u0142\\u674e\\u96f7\\u1f40d"
    name = "".join(chance.choice(letters) for _ in range(chance.randint(1, 60)))
    sid = nth % 63000 * 10 ** chance.randint(0, 7) + nth % 7
    fields = [("student_name", name), ("github_username", "user%d" % nth),
              ("sid", str(sid) if chance.random() < 0.01 else sid)]
    chance.shuffle(fields)
    data = pickle.dumps(dict(fields), chance.randint(0, 5))
    sys.stdout.buffer.write(struct.pack("<I", len(data)) + data)
`;

async function mixed(count: number): Promise<Uint8Array[]> {
  const { success, stdout } = await new Deno.Command("python3", {
    args: ["-c", MIXED, `${count}`],
    stdin: "null",
  }).output();
  if (!success) throw new Failure("Python could not make the mixed requests");
  const view = new DataView(stdout.buffer);
  const requests: Uint8Array[] = [];
  for (let at = 0; at < stdout.length;) {
    const length = view.getUint32(at, true);
    requests.push(stdout.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return requests;
}
