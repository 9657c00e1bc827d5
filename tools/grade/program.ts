/**
 * The program under test: it runs in its own process group and folder, with
 * limits, and is ended together with all processes that it started.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { Failure } from "../../lib/cli/program.ts";
import { Changes } from "./changes.ts";
import { Output } from "./output.ts";
import { signal } from "./process_list.ts";
import { Family, MARK, newMark } from "./processes.ts";
import type { Socket } from "./sockets.ts";

/** The program under test cannot be started, so there is nothing to judge. */
export class NotStarted extends Failure {
  /** The class's name, as in `error.name`. */
  override name = "NotStarted";
}

/** The limits of a program in one check. */
const MOST = {
  /** Bytes of output. */
  output: 256 * 2 ** 20,
  /** Bytes of memory, including its children's. */
  memory: 2 ** 30,
  processes: 50,
  /** Bytes of one file. */
  file: 2 ** 28,
};
/** Milliseconds between two measurements of what the program uses. */
const LOOK = 200;
/** The same for its files, if there are many. */
const LOOK_LONGEST = 1000;
/** Milliseconds to wait for output after the program's end: another process may keep the pipe open. */
const LAST_OUTPUT = 500;

/** The limit that a program exceeded. */
export type Excess = "output" | "memory" | "processes" | "files";

/** The folders of a program. */
interface Place {
  readonly folder: string;
  readonly temporary: string;
  isOverfull(): Promise<boolean>;
}

/** A program that is running or has ended. */
export class Program implements AsyncDisposable {
  /** Its stdout and stderr. */
  readonly stdout: Output;
  readonly stderr: Output;
  /** Its exit code, or `undefined` while it runs. */
  code: number | undefined;
  /** The limit that it exceeded, if it was ended for that. */
  excess: Excess | undefined;
  /** Notified of output, and of the program's end. */
  readonly changes = new Changes();
  /** Resolves once it has ended and its output was read. */
  #ended: Promise<void>;
  #child: Deno.ChildProcess;
  #family: Family;
  #printed = 0;
  #looking: ReturnType<typeof setInterval>;
  /** Aborts when its end begins. */
  #enough = new AbortController();
  #ending: Promise<void> | undefined;

  /**
   * Starts a program.
   *
   * @throws {NotStarted} If there is no such program.
   */
  constructor([command, ...args]: readonly string[], place: Place) {
    const mark = newMark(MOST.file);
    const { folder, temporary } = place;
    try {
      this.#child = new Deno.Command(command, {
        args,
        cwd: folder,
        // Otherwise Python buffers what it prints to a pipe.
        env: {
          [MARK]: mark,
          TMPDIR: temporary,
          PYTHONUNBUFFERED: "1",
          NO_COLOR: "1",
        },
        stdin: "piped", // as in a terminal where no one types
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
    void this.#watchFiles(place);
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

  async #watchFiles(place: Place): Promise<void> {
    const { signal } = this.#enough;
    while (!signal.aborted) {
      const begin = performance.now();
      if (await place.isOverfull()) this.#end("files");
      // Many files take long to look at, and must not slow the program down.
      const took = performance.now() - begin;
      const rest = Math.min(LOOK_LONGEST, Math.max(LOOK, 10 * took));
      await delay(rest, { signal }).catch(() => {});
    }
  }

  #end(excess: Excess): void {
    if (this.excess) return;
    this.excess = excess;
    void this[Symbol.asyncDispose]();
  }

  /** Processor time that it has used so far, including its children's, in seconds. */
  get seconds(): number {
    return this.#family.look().seconds;
  }

  /** Whether its main thread waits for what a user types. */
  get readsStdin(): boolean {
    return this.code === undefined && this.#family.readsStdin;
  }

  /** Seconds in which it waited for a processor. Such time must not count as its own. */
  get waited(): number {
    return this.#family.waited;
  }

  /** Whether it is on a processor now, or ready to run, and not blocked. */
  get isRunning(): boolean {
    return this.#family.isRunning;
  }

  /** Whether it has ended. Its exit code and its last output may not be there yet. Always true on systems other than Linux. */
  get hasEnded(): boolean {
    return this.#family.hasEnded;
  }

  /** Whether it holds a socket. Takes little time, but may miss a process that it has just started. */
  holds(socket: Socket): boolean {
    return this.#family.holds([socket]);
  }

  /** Whether a process that is not its own holds a socket. Takes long. */
  isOfAnother(socket: Socket): boolean {
    return this.#family.isOfAnother([socket]);
  }

  /** The ports at which it listens. Empty on systems other than Linux. */
  get ports(): number[] {
    return this.#family.ports;
  }

  /** Sends a signal to its process group, as a terminal does. */
  signal(name: Deno.Signal): void {
    if (this.code === undefined) signal(-this.#child.pid, name);
  }

  /** Ends it and all processes that it started. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ending ??= this.#endAll();
  }

  async #endAll(): Promise<void> {
    clearInterval(this.#looking);
    this.#enough.abort();
    await this.#family.end();
    // Without /proc, only its process group can be ended.
    this.signal("SIGKILL");
    await this.#ended;
    await this.#child.stdin.close().catch(() => {}); // the program's end closed the pipe
    await Promise.all([this.stdout.cancel(), this.stderr.cancel()]);
  }
}
