/**
 * The program under test: started in a group and a folder of its own, bounded,
 * and ended with all that it started.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Failure } from "../../lib/cli/program.ts";
import { Changes } from "./changes.ts";
import { Family, MARK, signal } from "./processes.ts";

/** The program under test cannot be started at all: there is nothing to judge. */
export class NotStarted extends Failure {
  /** The class's name, as in `error.name`. */
  override name = "NotStarted";
}

/** What a program may cost in one check. */
const MOST = {
  /** Bytes that it prints. */
  output: 256 * 2 ** 20,
  /** Bytes of memory, with its children. */
  memory: 2 ** 30,
  processes: 50,
};
/** Characters of what it prints that are kept: more than any check looks at. */
const KEPT = 2 ** 24;
/** Milliseconds between two looks at what it costs. */
const LOOK = 200;
/** Milliseconds for which output is waited for behind the program's end: somebody else may hold its end of the pipe. */
const LAST_OUTPUT = 500;

/**
 * Bytes of output that are read at once: a page of the system's pipe. When that
 * is full, a write that is longer than a page waits in the middle, behind all
 * that began to wait before it. So threads that print such lines without a lock
 * mix them, and not only now and then (`pipe_write` of Linux 6.1).
 */
const READ = 4096;

/** Which of the limits a program went over. */
export type Excess = keyof typeof MOST;

/** A stream that a program writes to. */
class Output {
  /** What came, as text, the first of it. */
  text = "";
  readonly done: Promise<void>;
  /** Is told how many bytes came. */
  #onText: (length: number) => void;
  #flows: Promise<void> = Promise.resolve();
  #reader: ReadableStreamBYOBReader;

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
      if (this.text.length < KEPT) {
        this.text += decoder.decode(value, { stream: true });
      }
      this.#onText(value.length);
    }
  }

  /** Reads nothing until the promise has settled, as a terminal that was stopped. */
  stopUntil(promise: Promise<void>): void {
    this.#flows = promise;
  }

  /** Reads no more. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
    await this.done;
  }
}

/** A program that runs, or has run. */
export class Program implements AsyncDisposable {
  /** What it printed on stdout and stderr. */
  readonly stdout: Output;
  readonly stderr: Output;
  /** Its exit code, or `undefined` while it runs. */
  code: number | undefined;
  /** The limit that it went over, for which it was ended. */
  excess: Excess | undefined;
  /** What it prints, and its end. */
  readonly changes = new Changes();
  /** Resolves once it has ended and what it printed was read. */
  #ended: Promise<void>;
  #child: Deno.ChildProcess;
  #family: Family;
  #printed = 0;
  #looking: ReturnType<typeof setInterval>;
  #ending: Promise<void> | undefined;

  /**
   * Starts a program.
   *
   * @throws {NotStarted} If there is no such program.
   */
  constructor([command, ...args]: readonly string[], folder: string) {
    const mark = crypto.randomUUID();
    try {
      this.#child = new Deno.Command(command, {
        args,
        cwd: folder,
        // Python keeps what it prints to a pipe, else, until there is much of it.
        env: { [MARK]: mark, PYTHONUNBUFFERED: "1", NO_COLOR: "1" },
        stdin: "piped", // as in a terminal where nobody types
        stdout: "piped",
        stderr: "piped",
        detached: true, // in a group of its own
      }).spawn();
    } catch (error) {
      const why = error instanceof Deno.errors.NotFound
        ? "there is no such program"
        : (error as Error).message;
      throw new NotStarted(`Cannot start ${command}: ${why}`);
    }
    const onText = (length: number) => {
      this.#printed += length;
      if (this.#printed > MOST.output) this.#end("output");
      this.changes.note();
    };
    this.stdout = new Output(this.#child.stdout, onText);
    this.stderr = new Output(this.#child.stderr, onText);
    this.#family = new Family(this.#child.pid, mark, folder);
    this.#looking = setInterval(() => this.#look(), LOOK);
    this.#ended = this.#wait();
  }

  async #wait(): Promise<void> {
    const { code } = await this.#child.status;
    const output = Promise.all([this.stdout.done, this.stderr.done]);
    const late = new AbortController();
    await Promise.race([
      output,
      delay(LAST_OUTPUT, { signal: late.signal }).catch(() => {}),
    ]);
    late.abort();
    this.code = code;
    this.changes.note();
  }

  #look(): void {
    const { processes, bytes } = this.#family.look();
    if (processes > MOST.processes) this.#end("processes");
    if (bytes > MOST.memory) this.#end("memory");
  }

  #end(excess: Excess): void {
    if (this.excess) return;
    this.excess = excess;
    void this[Symbol.asyncDispose]();
  }

  /** Seconds of processor time that it has used so far, with its children. */
  get seconds(): number {
    return this.#family.look().seconds;
  }

  /** Whether it runs at this moment, and does not wait. */
  get isRunning(): boolean {
    return this.#family.isRunning;
  }

  /** Sends a signal to it and its group, as a terminal does. */
  signal(name: Deno.Signal): void {
    if (this.code === undefined) signal(-this.#child.pid, name);
  }

  /** Ends it, with all that it started. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.#endAll();
  }

  async #endAll(): Promise<void> {
    clearInterval(this.#looking);
    await this.#family.end();
    // Where there is no /proc, its group must do.
    this.signal("SIGKILL");
    await this.#ended;
    await this.#child.stdin.close().catch(() => {}); // its end closed the pipe
    await Promise.all([this.stdout.cancel(), this.stderr.cancel()]);
  }
}
