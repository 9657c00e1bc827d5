/**
 * The process of the server under soak: where it listens, and what it holds.
 *
 * @module
 */

import { Failure } from "../../../lib/cli/program.ts";
import { complain } from "../../../lib/output.ts";
import type { Address } from "../../../lib/net.ts";
import type { Holding } from "./server.ts";
import { linesOf } from "../../processes/lines.ts";

/** How long the server may take to answer or to end before it is killed, in milliseconds. */
const LONGEST = 30_000;
const QUESTION = new TextEncoder().encode("\n");
const PROGRAM = new URL("server.ts", import.meta.url).href;
const FLAGS = [
  "run",
  "--quiet",
  "--no-prompt",
  "--v8-flags=--expose-gc",
  "--allow-all", // the server could not read /proc with less
];

/** The process of the server. */
export class Subject implements AsyncDisposable {
  /** Where it listens. */
  readonly address: Address;
  #child: Deno.ChildProcess;
  #stdin: WritableStreamDefaultWriter<Uint8Array>;
  #lines: AsyncGenerator<string, void>;
  #ended: Promise<number> | undefined;

  private constructor(
    child: Deno.ChildProcess,
    lines: AsyncGenerator<string, void>,
    address: Address,
  ) {
    this.#child = child;
    this.#stdin = child.stdin.getWriter();
    this.#lines = lines;
    this.address = address;
  }

  /** Starts a server, and waits until it listens. */
  static async start(): Promise<Subject> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...FLAGS, PROGRAM],
      stdin: "piped",
      stdout: "null", // the lines are still made and written, but not needed
      stderr: "piped",
    }).spawn();
    const lines = linesOf(child.stderr);
    return new Subject(child, lines, await answer<Address>(child, lines));
  }

  /** Resolves to what the server holds now. @throws {Failure} If it does not answer. */
  async holding(): Promise<Holding> {
    await this.#stdin.write(QUESTION).catch(() => {}); // if it has ended, answer() throws
    return await answer(this.#child, this.#lines);
  }

  /** Shuts the server down, or kills it if it hangs. Resolves to its exit code. */
  end(): Promise<number> {
    return this.#ended ??= this.#end();
  }

  async #end(): Promise<number> {
    await this.#stdin.close().catch(() => {}); // it has ended already
    const late = setTimeout(() => kill(this.#child), LONGEST);
    for await (const line of this.#lines) complain(line);
    const { code } = await this.#child.status;
    clearTimeout(late);
    return code;
  }

  /** Ends the server as {@linkcode end} does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** Resolves to the next answer. Prints all other lines of the server. */
async function answer<T>(
  child: Deno.ChildProcess,
  lines: AsyncGenerator<string, void>,
): Promise<T> {
  const late = setTimeout(() => kill(child), LONGEST);
  try {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Failure("The server no longer answers");
      if (value.startsWith("{")) return JSON.parse(value);
      complain(value);
    }
  } finally {
    clearTimeout(late);
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}
