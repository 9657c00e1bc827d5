/**
 * The server under soak, as the soak sees it: where it listens, and what it holds.
 *
 * @module
 */

import { Failure } from "../../../lib/cli/program.ts";
import { complain } from "../../../lib/output.ts";
import type { Address } from "../../../lib/net.ts";
import type { Holding } from "./server.ts";
import { linesOf } from "../../processes/lines.ts";

/** Milliseconds after which a server that does not answer, or end, is ended. */
const LONGEST = 30_000;
const QUESTION = new TextEncoder().encode("\n");
const PROGRAM = new URL("server.ts", import.meta.url).href;
const FLAGS = [
  "run",
  "--quiet",
  "--no-prompt",
  "--v8-flags=--expose-gc",
  "--allow-all", // with less, nobody may look into /proc
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
      stdout: "null", // its lines are made and written, and nobody needs them
      stderr: "piped",
    }).spawn();
    const lines = linesOf(child.stderr);
    return new Subject(child, lines, await answer<Address>(child, lines));
  }

  /** What the server holds now. @throws {Failure} If it does not say. */
  async holding(): Promise<Holding> {
    await this.#stdin.write(QUESTION).catch(() => {}); // it has ended: so do its lines
    return await answer(this.#child, this.#lines);
  }

  /** Ends the server in good order, or else at once. Resolves to its exit code. */
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

/** The next answer. Whatever else the server says is shown. */
async function answer<T>(
  child: Deno.ChildProcess,
  lines: AsyncGenerator<string, void>,
): Promise<T> {
  const late = setTimeout(() => kill(child), LONGEST);
  try {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Failure("The server does not answer any more");
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
