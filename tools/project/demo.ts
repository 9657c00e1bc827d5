/**
 * `deno task demo`: a server and two clients that are connected at the same
 * time, with what each of them shows.
 *
 * @module
 */

import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { type StopSignals, whenAborted } from "../../lib/cli/signals.ts";
import { print } from "../../lib/output.ts";
import { ALICE_FLAGS } from "../processes/program.ts";

/** Milliseconds after which something is wrong. A second is usual. */
const LONGEST = 30_000;
const FOLDER = new URL("../../", import.meta.url);
const PASSED = "Data acknowledged by server and you passed the test";

/**
 * One of the three programs. Its lines are shown as they come, with its name
 * before them.
 */
class Actor {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #streams: Promise<unknown>;
  readonly #lines: string[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(name: string, program: string, ...args: string[]) {
    this.#name = name;
    const flags = ["run", "--quiet", "--no-prompt", "--allow-net"];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...flags, new URL(program, FOLDER).href, ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#streams = Promise.all([
      this.#show(this.#child.stdout),
      this.#show(this.#child.stderr),
    ]).then(() => this.#changed.resolve());
  }

  async #show(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      print(lines.map((line) => `${this.#name.padEnd(6)} | ${line}`));
      this.#lines.push(...lines);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  /** Waits for a line that fits. */
  async line(pattern: RegExp): Promise<RegExpMatchArray> {
    let ended = false;
    for (;;) {
      for (const line of this.#lines) {
        const match = line.match(pattern);
        if (match) return match;
      }
      if (ended) throw new Failure(`${this.#name} did not print ${pattern}`);
      const end = this.#streams.then(() => ended = true);
      await Promise.race([this.#changed.promise, end]);
    }
  }

  /** Asks it to end, as Ctrl-C does. */
  stop(): void {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
  }

  /** Waits for its end. Resolves to its exit code. */
  async ended(): Promise<number> {
    await this.#streams;
    return (await this.#child.status).code;
  }
}

async function demo(stop: AbortSignal): Promise<number> {
  const server = new Actor("server", "server.ts", "--port", "0");
  const actors = [server];
  const end = () => actors.forEach((actor) => actor.stop());
  const timer = setTimeout(end, LONGEST);
  whenAborted(stop, end);
  try {
    const [, port] = await server.line(/^Listening at \S+\/(\d+)$/);
    const client = (name: string, student: string[]) =>
      new Actor(name, "client.ts", "--port", port, ...student);
    const alice = client("Alice", ALICE_FLAGS);
    const bob = client("Bob", BOB_FLAGS);
    actors.push(alice, bob);
    // Neither client leaves by itself: now both are connected.
    for (const client of [alice, bob]) await client.line(new RegExp(PASSED));
    print([
      "demo   | Both clients have passed. The demo stops the server now.",
    ]);
    server.stop();
    const [serverCode, ...codes] = await Promise.all(
      actors.map((actor) => actor.ended()),
    );
    // Windows has no SIGTERM: there, the server is simply ended.
    const wellEnded = serverCode === 0 || Deno.build.os === "windows";
    return wellEnded && codes.every((code) => code === 0) ? 0 : 1;
  } finally {
    clearTimeout(timer);
    end();
    await Promise.all(actors.map((actor) => actor.ended()));
  }
}

const BOB_FLAGS = ["--name=Bob Chen", "--github=bchen", "--sid=987654321"];

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "demo",
    about:
      "Shows a server and two clients that are connected at the same time.",
    flags: {},
    run: () => demo(stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
