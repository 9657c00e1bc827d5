/**
 * Prints lines without blocking: results on stdout, everything else on stderr.
 *
 * @module
 */

import { ClientReports } from "./client_reports.ts";
import type { LimitHits, Limits } from "./limits.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { counted, reason } from "./text.ts";

const NEWLINE = 10;
const NONE = new Uint8Array();
const encoder = new TextEncoder();

/** The destination of lines: Deno's stdout or stderr, or another writer. */
export interface LineSink {
  /** Resolves to the number of bytes written, which may be fewer than all. */
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes complete lines in order, in as few writes as possible.
 *
 * `console.log` and `writeSync` block the whole server while a pipe is full: if
 * its reader stopped reading, no client would get an answer.
 */
export class LineWriter {
  #sink: LineSink;
  #onDropped: (count: number) => void;
  #onLost: (error: unknown) => void;
  /** The bytes of the lines that wait, up to `#end`. Then there is room for more. */
  #waiting = NONE;
  #end = 0;
  /** The characters of the lines that wait. */
  #characters = 0;
  #dropped = 0;
  /** The bytes of the current write that are not written yet. */
  #rest = NONE;
  #writing: Promise<void> | undefined;
  #lost = false;

  /**
   * `onDropped` is called with the number of dropped lines when there is room
   * again. `onLost` is called at most once, with the error that ends all writing.
   */
  constructor(
    sink: LineSink,
    onDropped: (count: number) => void,
    onLost: (error: unknown) => void,
  ) {
    this.#sink = sink;
    this.#onDropped = onDropped;
    this.#onLost = onLost;
  }

  /**
   * Prints lines, each given without its newline. Returns at once. Lines are
   * dropped if more than `maxWaiting` characters would wait, besides those that
   * are being written. Returns the number of dropped lines.
   */
  print(
    lines: readonly string[],
    maxWaiting = DEFAULT_LIMITS.maxWaitingOutput,
  ): number {
    const kept: string[] = [];
    for (const line of lines) {
      if (this.#lost || this.#characters + line.length > maxWaiting) continue;
      this.#characters += line.length;
      kept.push(line);
    }
    if (kept.length > 0) this.#add(kept.join("\n") + "\n");
    const dropped = lines.length - kept.length;
    this.#dropped += dropped;
    if (!this.#lost) this.#writing ??= this.#write();
    return dropped;
  }

  /** The number of lines that still wait, or were dropped and not yet reported. */
  get unshown(): number {
    const waiting = this.#waiting.subarray(0, this.#end);
    const [rest, more] = [this.#rest, waiting]
      .map((bytes) => bytes.filter((byte) => byte === NEWLINE).length);
    return rest + more + this.#dropped;
  }

  #add(text: string): void {
    const most = this.#end + 3 * text.length; // of UTF-8
    if (most > this.#waiting.length) {
      const grown = new Uint8Array(Math.max(most, 2 * this.#waiting.length));
      grown.set(this.#waiting.subarray(0, this.#end));
      this.#waiting = grown;
    }
    const room = this.#waiting.subarray(this.#end);
    this.#end += encoder.encodeInto(text, room).written;
  }

  /** Waits until all lines are written, but at most `ms` milliseconds. */
  async flush(ms: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  async #write(): Promise<void> {
    try {
      await null; // let other lines of this turn join
      while (this.#end > 0) {
        this.#rest = this.#waiting.subarray(0, this.#end);
        this.#waiting = NONE;
        this.#end = this.#characters = 0;
        // Dropped lines are reported only now: if this writer prints the
        // report, there is room for it.
        if (this.#dropped > 0) this.#onDropped(this.#dropped);
        this.#dropped = 0;
        while (this.#rest.length > 0) {
          const count = await this.#sink.write(this.#rest);
          this.#rest = this.#rest.subarray(count);
        }
        this.#rest = NONE; // or it would keep the whole buffer
      }
    } catch (error) {
      this.#lost = true;
      this.#onLost(error);
    } finally {
      this.#writing = undefined;
    }
  }
}

/** The writer of stderr. If stderr fails, there is nowhere to report it. */
const stderr = new LineWriter(
  Deno.stderr,
  (count) =>
    report(
      `${counted(count, "line")} not shown on stderr: not read in time`,
    ),
  () => {},
);

/** The writer of stdout. */
const stdout = new LineWriter(
  Deno.stdout,
  (count) =>
    report(
      `${counted(count, "line")} not shown on stdout: not read in time`,
    ),
  (error) => report(`Nothing more is shown on stdout: ${reason(error)}`),
);

/** Prints results, one per line. */
export function print(lines: readonly string[]): void {
  stdout.print(lines);
}

/**
 * Writes a whole text to stdout, and waits as long as its reader takes. Resolves to
 * whether there is still a reader: in `| head -1`, it leaves early.
 */
export async function write(text: string): Promise<boolean> {
  try {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(await Deno.stdout.write(rest));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}

/**
 * Returns a function that prints results for a server and counts dropped lines
 * in `reached`.
 */
export function printer(
  { maxWaitingOutput }: Limits,
  reached: LimitHits,
): typeof print {
  return (lines) => {
    reached.maxWaitingOutput += stdout.print(lines, maxWaitingOutput);
  };
}

/** Prints a line on stderr, with the time of day. */
export function report(line: string): void {
  const now = new Date(); // the monotonic clock stands still while a laptop sleeps
  complain(`${now.toTimeString().slice(0, 8)} ${line}`);
}

const clientReports = new ClientReports(report);

/**
 * Prints a line on stderr, with the time of day. If it is about a client, and
 * there are too many about the client's address, counts it instead.
 */
export function reportAbout(line: string, about?: { address: string }): void {
  if (about) clientReports.report(line, about.address);
  else report(line);
}

/** How many messages of a peer are reported. The others are only counted. */
const REPORTED = 10;

/** Reports messages of one kind that a peer sends: it may send any number. */
export class MessageReports {
  #kind: string;
  #count = 0;

  /** `kind` is the noun of the messages, such as `answer`. */
  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Reports the line of a message. A line that is not shown is not made. */
  add(line: () => string): void {
    this.#count++;
    if (this.#count <= REPORTED) report(line());
    else if (this.#count === REPORTED + 1) {
      report(`Further ${this.#kind}s like these are only counted`);
    }
  }

  /** Reports how many messages were not shown. */
  end(): void {
    const more = this.#count - REPORTED;
    if (more > 0) report(`${counted(more, `more ${this.#kind}`)} not shown`);
    this.#count = 0;
  }
}

/** Prints a line on stderr, without the time. */
export function complain(line: string): void {
  stderr.print([line]);
}

/**
 * Waits until all printed lines are written, but at most a second for each
 * stream.
 */
export async function flush(): Promise<void> {
  clientReports.endPeriod();
  await stdout.flush(1000);
  if (stdout.unshown > 0) {
    report(`${counted(stdout.unshown, "line")} not shown on stdout at the end`);
  }
  await stderr.flush(1000);
}
