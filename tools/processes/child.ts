/**
 * Child processes for measurements: servers, and the loads on them.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { whenAborted } from "../../lib/cli/signals.ts";
import { linesOf } from "./lines.ts";

/** Milliseconds that a process has to end once it is asked to. */
const END_LONGEST = 5000;
const ROOT = new URL("../../", import.meta.url);
const encoder = new TextEncoder();

/** A process that is ended when the scenario leaves it, or is itself stopped. */
export class Child implements AsyncDisposable {
  /** What it said on stderr so far. */
  readonly complaints: string[] = [];
  #child: Deno.ChildProcess;
  #lines: AsyncIterator<string>;
  #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #complaining: Promise<void>;
  #ended = false;

  /** Starts a program in the project's folder. */
  constructor(command: string, args: readonly string[], stop?: AbortSignal) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#stdin = this.#child.stdin.getWriter();
    this.#complaining = this.#hearComplaints();
    void this.#child.status.then(() => this.#ended = true);
    if (stop) whenAborted(stop, () => this.signal("SIGTERM"));
  }

  /**
   * Starts one of our programs with Deno. `args` may begin with flags for Deno.
   * `prefix` is a command that starts another one, such as `nice`.
   */
  static deno(
    args: readonly string[],
    stop: AbortSignal,
    prefix: readonly string[] = [],
  ): Child {
    const all = [...prefix, Deno.execPath(), ...DENO_RUN, ...args];
    return new Child(all[0], all.slice(1), stop);
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next line on its stdout. @throws {Failure} If it ends instead. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (!done) return value;
    await this.#complaining;
    throw new Failure(
      `A process ended too early: ${this.complaints.join(" | ") || "silently"}`,
    );
  }

  /** Sends the process an empty line. Resolves to the line that it answers. */
  async ask(): Promise<string> {
    await this.#stdin.write(encoder.encode("\n"));
    return await this.line();
  }

  /** Sends it a signal, unless it has ended. */
  signal(name: Deno.Signal): void {
    if (!this.#ended) this.#child.kill(name);
  }

  async #hearComplaints(): Promise<void> {
    for await (const line of linesOf(this.#child.stderr)) {
      this.complaints.push(line);
    }
  }

  /** Asks it to end, and waits until it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), END_LONGEST);
    // Reads the rest of the output: a process that writes to a full pipe
    // blocks, and does not end.
    while (!(await this.#lines.next()).done);
    await this.#child.status;
    await this.#complaining;
    clearTimeout(timer);
    await this.#stdin.close().catch(() => {}); // its end closed the pipe
  }
}

/** Deno's arguments for one of our programs. The program may use only 127.0.0.1. */
export const DENO_RUN = [
  "run",
  "--quiet",
  "--no-prompt",
  "--allow-net=127.0.0.1,127.0.0.2",
  "--allow-sys=networkInterfaces",
];
