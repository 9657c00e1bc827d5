/**
 * What a program prints, and searching in it. The text comes from a stranger's
 * program: each character is searched once, for literal texts.
 *
 * @module
 */

/** Characters of output that are kept: more than any check needs. */
const KEPT = 2 ** 22;
/** How many pieces of the end of the output are kept in any case. Each is a read, or several short ones. */
const LAST = 16;

/**
 * Bytes of output that are read at once: one page of the system's pipe. When the
 * pipe is full, a thread that prints a line and its line ending separately blocks
 * in between, and the others print there (`pipe_write` of Linux 6.1).
 */
const READ = 4096;

/** The stdout or stderr of a program. */
export class Output {
  /** Resolves once the output has ended. */
  readonly done: Promise<void>;
  /** How many characters are kept of the beginning. */
  length = 0;
  /** Whether nothing is read now. */
  isStopped = false;
  #chunks: string[] = [];
  #last: string[] = [];
  /** Called with the number of bytes read. */
  #onText: (length: number) => void;
  #flows: Promise<void> = Promise.resolve();
  #reader: ReadableStreamBYOBReader;

  /** Reads a stream until it ends. */
  constructor(
    stream: ReadableStream<Uint8Array>,
    onText: (length: number) => void,
  ) {
    this.#onText = onText;
    this.#reader = stream.getReader({ mode: "byob" });
    this.done = this.#read();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      await this.#flows;
      const { value, done } = await this.#reader.read(new Uint8Array(READ));
      if (done) return;
      const text = decoder.decode(value, { stream: true });
      if (this.length < KEPT) {
        this.#chunks.push(text);
        this.length += text.length;
      }
      this.#keepEnd(text);
      this.#onText(value.length);
    }
  }

  #keepEnd(text: string): void {
    const last = this.#last.at(-1);
    // A program may print a line in many pieces.
    if (last !== undefined && last.length + text.length <= READ) {
      this.#last[this.#last.length - 1] = last + text;
      return;
    }
    this.#last.push(text);
    if (this.#last.length > LAST) this.#last.shift();
  }

  /** The output as text, up to a limit. */
  get text(): string {
    return this.from(0);
  }

  /** The last 64 KiB of the output, or less. */
  get end(): string {
    return this.#last.join("");
  }

  /** Returns the text from a position on. */
  from(position: number): string {
    let start = this.length;
    let first = this.#chunks.length;
    while (first > 0 && start > position) {
      start -= this.#chunks[--first].length;
    }
    return this.#chunks.slice(first).join("").slice(position - start);
  }

  /** Reads nothing until the promise has settled, like a stopped terminal. */
  stopUntil(promise: Promise<void>): void {
    this.isStopped = true;
    const flows = promise.then(() => {
      if (this.#flows === flows) this.isStopped = false;
    });
    this.#flows = flows;
  }

  /** Waits until the output is read again, if it is stopped. */
  async flows(): Promise<void> {
    await this.#flows;
  }

  /** Stops reading. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
    await this.done;
  }
}

/** Searches output while it grows. */
export class Search {
  /** Whether it was found. */
  hasFound = false;
  #output: Output;
  #at: number;
  #longest: number;
  #matches: (text: string, isStart: boolean) => boolean;

  /**
   * @param longest How many characters `matches` must see together.
   * @param matches Whether a part of the output contains it, and whether that part is the beginning.
   */
  constructor(
    output: Output,
    longest: number,
    matches: (text: string, isStart: boolean) => boolean,
    from = 0,
  ) {
    this.#output = output;
    this.#longest = longest;
    this.#matches = matches;
    this.#at = from;
  }

  /** Searches what is new. */
  look(): boolean {
    if (this.hasFound) return true;
    const text = this.#output.from(this.#at);
    this.hasFound = this.#matches(text, this.#at === 0);
    this.#at = Math.max(this.#at, this.#output.length - this.#longest);
    return this.hasFound;
  }
}

/** Searches for any of some texts, in upper or lower case. */
export function anyOf(
  output: Output,
  texts: readonly string[],
  from = 0,
): Search {
  const wanted = texts.map((text) => text.toLowerCase());
  const longest = Math.max(...wanted.map(({ length }) => length));
  return new Search(output, longest, (text) => {
    const lower = text.toLowerCase();
    return wanted.some((it) => lower.includes(it));
  }, from);
}

/** Searches for a whole line. */
export function lineOf(output: Output, line: string): Search {
  // With the line ending before it, and the one after it.
  const longest = line.length + 3;
  return new Search(output, longest, (text, isStart) => {
    const all = isStart ? `\n${text}` : text;
    return all.includes(`\n${line}\n`) || all.includes(`\n${line}\r\n`);
  });
}

/** Splits output into lines. */
export function linesOf(text: string): string[] {
  return text.split("\n")
    .map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
}
