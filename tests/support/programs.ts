// Programs that the tests run as a user would, each in a process of its own.

import { assert } from "@std/assert";
import { soon } from "./soon.ts";

export const ROOT = `${import.meta.dirname}/../../`;
const decoder = new TextDecoder();

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
  #changed = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.done = this.#collect(stream);
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const chunk of stream) {
      this.text += decoder.decode(chunk);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
    this.#changed.resolve();
  }

  /** Waits for text that fits, and returns the match. */
  async match(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.text.match(pattern);
      if (match) return match;
      const changed = this.#changed.promise.then(() => true);
      const next = Promise.race([changed, this.done.then(() => false)]);
      const more = await soon(next, `${pattern} in ${this.text}`);
      assert(
        more || pattern.test(this.text),
        `no ${pattern} in ${JSON.stringify(this.text)}`,
      );
    }
  }
}

/** A program that runs. It is ended when the test leaves it, if it has not ended before. */
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

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for the program's end, at most for some minutes. */
  async ended(minutes = 1): Promise<Ended> {
    const { code } = await soon(
      this.#child.status,
      "end",
      minutes * 60_000,
    );
    await Promise.all([this.stdout.done, this.stderr.done]);
    return { code, stdout: this.stdout.text, stderr: this.stderr.text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = (signal: Deno.Signal) => {
      try {
        this.#child.kill(signal);
      } catch {
        // It has ended.
      }
    };
    end("SIGTERM");
    const timer = setTimeout(() => end("SIGKILL"), 5000);
    await this.ended();
    clearTimeout(timer);
  }
}

const FLAGS = ["run", "--quiet", "--no-prompt", "--allow-net"];

/** The server, as its task runs it. */
export function server(...args: string[]): Program {
  return new Program(Deno.execPath(), [
    ...FLAGS,
    "--allow-sys=networkInterfaces",
    "server.ts",
    ...args,
  ]);
}

/** The client, as its task runs it. */
export function client(...args: string[]): Program {
  return new Program(Deno.execPath(), [...FLAGS, "client.ts", ...args]);
}

/** A server on a free port, and that port. */
export async function listening(program: Program): Promise<string> {
  const [, port] = await program.stdout.match(
    /^Listening at 127\.0\.0\.1\/(\d+)\n/,
  );
  return port;
}
