/**
 * The fuzzer: feeds broken and hostile bytes to the readers, for a given
 * time or a given number of inputs.
 *
 * For every input, a reader must finish, throw nothing but a ProtocolError, make no
 * message that exceeds a limit, and make the same messages however the bytes are cut.
 *
 * @module
 */

import { inspect, isDeepStrictEqual } from "node:util";
import { concat } from "@std/bytes/concat";
import { integer, text, UsageError } from "../../lib/cli/flags.ts";
import { exitWith, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { print } from "../../lib/output.ts";
import type { MessageLimits } from "../../lib/limits.ts";
import type {
  FormatReader,
  Message,
  WireFormat,
} from "../../lib/formats/formats.ts";
import { FORMATS, ProtocolError } from "../../lib/formats/formats.ts";
import { Random } from "../../lib/testing/random.ts";
import { readAll } from "../../lib/testing/messages.ts";

/** Low limits, so that inputs of a few hundred bytes reach them. */
const LIMITS: MessageLimits = {
  maxRequestBytes: 4096,
  maxDepth: 8,
  maxItems: 256,
  maxUnfinishedBytes: Infinity,
};
/** How long reading one input may take, in milliseconds. */
const LONGEST = 1000;
/** How many seeds to run between two checks of the memory and of Ctrl-C. */
const ROUND = 1000;

/** The outcome of reading one input. */
export type Outcome = "messages" | "incomplete" | "refused";

/**
 * Derives one input from `samples` and a seed, and reads it with a format.
 *
 * @throws {Error} If the reader takes too long, throws anything but a
 * ProtocolError, makes a message that exceeds a limit, or makes other messages
 * when the bytes come one at a time.
 */
export function fuzzOnce(
  seed: number,
  format: WireFormat,
  samples: readonly Uint8Array[],
): Outcome {
  const random = new Random(seed);
  const bytes = mutate(random, samples);
  const begin = performance.now();
  const read = outcomeOf(format, (reader, messages) => {
    let kept = new Uint8Array();
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random.below(random.pick([1, 16, bytes.length]));
      const fresh = concat([kept, bytes.subarray(at, at + size)]);
      at += size;
      // A reused buffer holds old bytes after the new ones.
      const buffer = concat([fresh, bytes.subarray(-9)]);
      kept = fresh.slice(readAll(reader, buffer, fresh.length, messages));
    }
    return kept.length;
  });
  const ms = performance.now() - begin;
  if (ms > LONGEST) throw new Error(`reading took ${Math.round(ms)} ms`);
  for (const message of read.messages) check(message);
  // The fast paths read only what is there as a whole.
  const slowly = outcomeOf(format, (reader, messages) => {
    let at = 0;
    for (let end = 1; end <= bytes.length; end++) {
      at += readAll(reader, bytes.subarray(at), end - at, messages);
    }
    return bytes.length - at;
  });
  if (!isDeepStrictEqual(read, slowly)) {
    throw new Error(`a byte at a time, it is not ${inspect(read)}`);
  }
  return read.outcome;
}

/** Reads with a new reader. `read` returns how many bytes wait for more. */
function outcomeOf(
  format: WireFormat,
  read: (reader: FormatReader, messages: Message[]) => number,
): { messages: Message[]; outcome: Outcome } {
  const reader = format.reader(LIMITS);
  const messages: Message[] = [];
  try {
    const isComplete =
      read(reader, messages) + (reader.pendingBytes ?? 0) === 0;
    return { messages, outcome: isComplete ? "messages" : "incomplete" };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { messages, outcome: "refused" };
  } finally {
    reader.drop?.();
  }
}

function mutate(
  random: Random,
  samples: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let bytes = concat([random.pick(samples)]);
  for (let count = random.below(6); count > 0; count--) {
    const at = random.below(bytes.length + 1);
    const end = at + random.below(Math.min(40, bytes.length - at + 1));
    const [head, piece, tail] = [
      bytes.subarray(0, at),
      bytes.subarray(at, end),
      bytes.subarray(end),
    ];
    const other = random.pick(samples);
    const from = random.below(other.length);
    bytes = random.pick([
      () => concat([head, Uint8Array.of(random.below(256)), tail]),
      () => concat([head, tail]),
      () => concat([head, piece, piece, tail]),
      () => concat([head, ...Array(random.below(300)).fill(piece), tail]),
      () => concat([head, other.subarray(from, from + random.below(60)), tail]),
      () => concat([bytes, other]),
    ])();
  }
  return bytes;
}

/** Walks the whole message, as sending it would, and checks the limits. */
function check(message: Message): void {
  let items = 0;
  let size = 0;
  const walk = (value: Message, depth: number) => {
    if (typeof value === "string" || value instanceof Uint8Array) {
      size += value.length;
    } else if (typeof value === "object" && value !== null) {
      if (depth > LIMITS.maxDepth) {
        throw new Error("a message is nested too deep");
      }
      for (const [key, item] of entries(value)) {
        items++;
        walk(key, depth + 1);
        walk(item, depth + 1);
      }
    }
    if (items > LIMITS.maxItems) {
      throw new Error("a message has too many items");
    }
    if (size > LIMITS.maxRequestBytes) {
      throw new Error("a message is too large");
    }
  };
  walk(message, 1);
}

function entries(container: Message & object): [Message, Message][] {
  if (container instanceof Map) return [...container];
  if (container instanceof Set) return [...container].map((item) => [0, item]);
  if (Array.isArray(container)) return container.map((item) => [0, item]);
  return Object.entries(container);
}

/**
 * Returns the samples to mutate, for one format.
 *
 * @param rows JSON objects, one per line, with a pickle in `hex`.
 */
export function samplesOf(
  format: WireFormat,
  rows: readonly string[],
): Uint8Array[] {
  const samples = format.name === "json"
    ? rows.map((row) => new TextEncoder().encode(row + "\n"))
    : rows.map((row) => Uint8Array.from(bytesOf(JSON.parse(row).hex)));
  return samples.filter(({ length }) => length < LIMITS.maxRequestBytes);
}

function bytesOf(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16));
}

/** Returns the lines of all sample files in a folder. */
async function readRows(folder: string): Promise<string[]> {
  const rows: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".jsonl")) continue;
    const file = await Deno.readTextFile(`${folder}/${name}`);
    rows.push(...file.trim().split("\n"));
  }
  if (rows.length > 0) return rows;
  throw new UsageError(
    `There is no sample file (.jsonl) in ${folder}: give --samples FOLDER`,
  );
}

interface FuzzFlags {
  samples: string;
  seconds: number;
  messages: number;
  seed: number;
}

async function fuzz(flags: FuzzFlags, stop: AbortSignal): Promise<number> {
  const rows = await readRows(flags.samples);
  const goesOn = whileWanted(flags, stop);
  const formats = Object.values(FORMATS).map((format) => ({
    format,
    samples: samplesOf(format, rows),
  }));
  const counts = { messages: 0, incomplete: 0, refused: 0 };
  let seed = flags.seed;
  let peak = 0;
  for (; goesOn(seed - flags.seed); seed++) {
    for (const { format, samples } of formats) {
      try {
        counts[fuzzOnce(seed, format, samples)]++;
      } catch (error) {
        print([`FAILED with --seed ${seed}, ${format.name}: ${error}`]);
        return 1;
      }
    }
    if (seed % ROUND === 0) {
      peak = Math.max(peak, Deno.memoryUsage().rss);
      await new Promise((turn) => setTimeout(turn)); // lets Ctrl-C be handled
    }
  }
  print([
    `Seeds ${flags.seed} to ${seed - 1}: ${counts.messages} read, ` +
    `${counts.incomplete} incomplete, ${counts.refused} refused, none wrong`,
    `Peak memory: ${Math.round(peak / 1e6)} MB`,
  ]);
  return 0;
}

/** Returns whether to go on after `done` seeds. A number of messages needs no clock. */
function whileWanted(
  { seconds, messages }: FuzzFlags,
  stop: AbortSignal,
): (done: number) => boolean {
  if (messages > 0) return (done) => done < messages && !stop.aborted;
  const end = performance.now() + seconds * 1000;
  return () => performance.now() < end && !stop.aborted;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "fuzz",
    about: "Feeds broken and hostile bytes to the readers of all formats.",
    flags: {
      samples: text("the folder of the samples to mutate", "tests/testdata"),
      seconds: integer("how many seconds to run", 10, 1, 1_000_000),
      messages: integer(
        "how many inputs to make for each format; 0 stops after --seconds",
        0,
        0,
        1e9,
      ),
      seed: integer(
        "the first seed; the same seed gives the same input",
        1,
        0,
        1e9,
      ),
    },
    run: (flags: FuzzFlags) => fuzz(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
