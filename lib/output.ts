/**
 * Prints lines without waiting for their reader: results on stdout, everything
 * else on stderr.
 *
 * @module
 */

import type { LimitHits, Limits } from "./limits.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { counted, reason } from "./text.ts";

const NEWLINE = 10;
const encoder = new TextEncoder();

/** Where lines go: Deno's own stdout and stderr, or another writer. */
export interface LineSink {
  /** Resolves to how many bytes were taken, which may be fewer than all. */
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes lines whole and in order, in as few writes as it can.
 *
 * `console.log` and `writeSync` wait for the reader, and with them the whole
 * server: behind a pipe that nobody reads, no client would be answered.
 */
export class LineWriter {
  #sink: LineSink;
  #onDropped: (count: number) => void;
  #onLost: (error: unknown) => void;
  #waiting: string[] = [];
  #characters = 0;
  #dropped = 0;
  /** What is being written and was not taken yet. */
  #rest = new Uint8Array();
  #writing: Promise<void> | undefined;
  #lost = false;

  /**
   * `onDropped` is told how many lines were dropped, once lines are taken
   * again; `onLost`, at most once, why no line can be written any more.
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
   * Prints lines, each given without its end. Returns at once, with how many
   * lines were dropped, since more than `maxWaiting` characters would wait.
   */
  print(
    lines: readonly string[],
    maxWaiting = DEFAULT_LIMITS.maxWaitingOutput,
  ): number {
    let dropped = 0;
    for (const line of lines) {
      if (this.#lost || this.#characters + line.length > maxWaiting) {
        dropped++;
      } else {
        this.#characters += line.length;
        this.#waiting.push(line);
      }
    }
    this.#dropped += dropped;
    if (!this.#lost) this.#writing ??= this.#write();
    return dropped;
  }

  /** Lines that were not shown, and that `onDropped` was not told of. */
  get unshown(): number {
    const rest = this.#rest.filter((byte) => byte === NEWLINE).length;
    return rest + this.#waiting.length + this.#dropped;
  }

  /** Waits until all is written, but no longer than `ms` milliseconds. */
  async flush(ms: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  async #write(): Promise<void> {
    try {
      await null; // let the rest of this turn's lines join
      while (this.#waiting.length > 0) {
        this.#rest = encoder.encode(this.#waiting.join("\n") + "\n");
        this.#waiting = [];
        this.#characters = 0;
        // Now there is room for the line that tells it, if it comes here too.
        if (this.#dropped > 0) this.#onDropped(this.#dropped);
        this.#dropped = 0;
        while (this.#rest.length > 0) {
          const count = await this.#sink.write(this.#rest);
          this.#rest = this.#rest.subarray(count);
        }
      }
    } catch (error) {
      this.#lost = true;
      this.#onLost(error);
    } finally {
      this.#writing = undefined;
    }
  }
}

/** Lines on stderr, each with the time of day. If nobody reads them, nobody is told. */
const stderr = new LineWriter(
  Deno.stderr,
  (count) =>
    report(
      `${counted(count, "line")} not shown on stderr: not taken in time`,
    ),
  () => {},
);

/** Lines on stdout. */
const stdout = new LineWriter(
  Deno.stdout,
  (count) =>
    report(
      `${counted(count, "line")} not shown on stdout: not taken in time`,
    ),
  (error) => report(`Nothing more is shown on stdout: ${reason(error)}`),
);

/** Prints results, a line each. */
export function print(lines: readonly string[]): void {
  stdout.print(lines);
}

/** Prints results for a server with these limits, and counts the lines that are dropped. */
export function printer(
  { maxWaitingOutput }: Limits,
  reached: LimitHits,
): typeof print {
  return (lines) => {
    reached.maxWaitingOutput += stdout.print(lines, maxWaitingOutput);
  };
}

/** Reports one thing that somebody may want to know, with the time. */
export function report(line: string): void {
  const now = new Date(performance.timeOrigin + performance.now());
  complain(`${now.toTimeString().slice(0, 8)} ${line}`);
}

/** Tells the user why a program ends, without the time. */
export function complain(line: string): void {
  stderr.print([line]);
}

/** Waits until what was printed is out, but not for a reader who does not read. */
export async function flush(): Promise<void> {
  await stdout.flush(1000);
  if (stdout.unshown > 0) {
    report(`${counted(stdout.unshown, "line")} not shown on stdout at the end`);
  }
  await stderr.flush(1000);
}
