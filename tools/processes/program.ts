/**
 * Programs that are run as a user would, each in a process of its own.
 *
 * @module
 */

import { soon } from "../../lib/testing/soon.ts";

export const ROOT = `${import.meta.dirname}/../../`;
const encoder = new TextEncoder();
/** How many characters of an output an error shows. */
const QUOTED = 2000;

/** How a program ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** What one of a program's streams has said so far. */
class Output {
  text = "";
  readonly done: Promise<void>;
  #reader: ReadableStreamDefaultReader<string>;
  #changed = Promise.withResolvers<void>();
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    this.done = this.#collect();
  }

  /** Stops reading, though what the program started may still write. */
  stop(): void {
    void this.#reader.cancel();
  }

  async #collect(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.text += value;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
    this.#ended = true;
    this.#changed.resolve();
  }

  /** Waits for text that fits, and returns the match. */
  match(pattern: RegExp): Promise<RegExpMatchArray> {
    return soon(this.#find(pattern), () => `${pattern} in ${this.quoted}`);
  }

  async #find(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.text.match(pattern);
      if (match) return match;
      if (this.#ended) {
        throw new Error(`It ended without ${pattern} in ${this.quoted}`);
      }
      await this.#changed.promise;
    }
  }

  /** What it has said, quoted: the end of a long text. */
  get quoted(): string {
    const end = this.text.slice(-QUOTED);
    return (end === this.text ? "" : "...") + JSON.stringify(end);
  }
}

/** A running program. Disposing it ends it, if it is still running. */
export class Program implements AsyncDisposable {
  readonly stdout: Output;
  readonly stderr: Output;
  #child: Deno.ChildProcess;

  constructor(
    command: string,
    args: string[],
    options: Deno.CommandOptions = {},
  ) {
    this.#child = new Deno.Command(command, {
      cwd: ROOT,
      stdin: "null",
      ...options,
      args,
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", ...options.env },
    }).spawn();
    this.stdout = new Output(this.#child.stdout);
    this.stderr = new Output(this.#child.stderr);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Writes to its stdin, if it was started with `stdin: "piped"`. */
  async type(text: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(encoder.encode(text));
    writer.releaseLock();
  }

  /** Waits for the program's end. After some minutes, it is ended. */
  async ended(minutes = 1): Promise<Ended> {
    const { stdout, stderr } = this;
    const end = Promise.all([this.#child.status, stdout.done, stderr.done]);
    const what = () => `end after ${stdout.quoted} and ${stderr.quoted}`;
    try {
      const [{ code }] = await soon(end, what, minutes * 60_000);
      return { code, stdout: stdout.text, stderr: stderr.text };
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  #end(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { stdout, stderr } = this;
    this.#end("SIGTERM");
    const timer = setTimeout(() => {
      this.#end("SIGKILL");
      // What it started may go on, and have its streams open.
      stdout.stop();
      stderr.stop();
    }, 5000);
    await Promise.all([this.#child.status, stdout.done, stderr.done]);
    clearTimeout(timer);
  }
}

const FLAGS = ["run", "--quiet", "--no-prompt", "--allow-net"];

/** Starts the server, without the `--v8-flags` and `--allow-env` of its task. */
export function server(...args: string[]): Program {
  return new Program(Deno.execPath(), [
    ...FLAGS,
    "--allow-sys=networkInterfaces",
    "server.ts",
    ...args,
  ]);
}

/** The lab's first student, also where `clienthelper.ts` was edited, as the lab has it. */
export const ALICE_FLAGS = [
  "--name=Alice Brown",
  "--github=abrown",
  "--sid=123456789",
];

/** Starts the client, as its task does. Later flags replace those of Alice. */
export function client(...args: string[]): Program {
  const flags = [...FLAGS, "client.ts", ...ALICE_FLAGS, ...args];
  return new Program(Deno.execPath(), flags);
}

/** Waits until a server listens. Resolves to its port. */
export async function listening(program: Program): Promise<string> {
  const [, port] = await program.stdout.match(
    /^Listening at 127\.0\.0\.1\/(\d+)\n/,
  );
  return port;
}
