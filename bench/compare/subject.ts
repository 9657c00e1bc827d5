/**
 * A contender that runs, and the load on it.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { Child } from "../../tools/processes/child.ts";
import { residentBytes } from "../../tools/stress/hold/processes.ts";
import type { Contender } from "./contenders.ts";

const ROOT = new URL("../../", import.meta.url);
/** The core of the servers. */
const SERVER_CORE = 0;
/** The core of the load. */
export const LOAD_CORE = 1;

/** Whether `taskset` exists, and each side can have its own core. */
export async function canPin(): Promise<boolean> {
  return navigator.hardwareConcurrency > 1 && await isThere("taskset");
}

/** Whether a program of this name exists. */
export async function isThere(program: string): Promise<boolean> {
  const args = ["-c", 'command -v "$0"', program];
  return (await new Deno.Command("sh", { args }).output()).success;
}

/** Keeps this process, which reads what the servers print, off the servers' core. */
export async function stayOffTheServersCore(): Promise<void> {
  const args = [
    "--all-tasks",
    "--cpu-list",
    "--pid",
    `${LOAD_CORE}`,
    `${Deno.pid}`,
  ];
  await new Deno.Command("taskset", { args, stdout: "null" }).output();
}

/** Returns a command that runs on a core if `pinned`, and otherwise on any core. */
export function onCore(
  core: number,
  pinned: boolean,
  command: readonly string[],
): readonly string[] {
  return pinned ? ["taskset", "--cpu-list", `${core}`, ...command] : command;
}

/** Returns a port that is free now. */
function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `${(listener.addr as Deno.NetAddr).port}`;
}

/** Waits until a server listens. */
async function listening(port: string, ended: () => boolean): Promise<void> {
  while (!ended()) {
    try {
      const address = { hostname: "127.0.0.1", port: Number(port) };
      (await Deno.connect(address)).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Failure("A server ended before it listened");
}

/** A contender's server, on a core of its own. */
export class Subject implements AsyncDisposable {
  /** The port that it listens at. */
  readonly port: string;
  #contender: Contender;
  #pinned: boolean;
  #process: Deno.ChildProcess;
  #drained: Promise<void>;
  #ended = false;

  private constructor(
    contender: Contender,
    pinned: boolean,
    folder: string | URL,
  ) {
    this.port = freePort();
    this.#contender = contender;
    this.#pinned = pinned;
    const [command, ...args] = onCore(
      SERVER_CORE,
      pinned,
      contender.command(this.port),
    );
    this.#process = new Deno.Command(command, {
      args,
      cwd: folder,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      env: { NO_COLOR: "1" },
    }).spawn();
    void this.#process.status.then(() => this.#ended = true);
    this.#drained = this.#process.stdout.pipeTo(new WritableStream())
      .catch(() => {});
  }

  /**
   * Starts a contender, from a copy of the project if a folder is given.
   * Resolves when it listens.
   */
  static async start(
    contender: Contender,
    pinned: boolean,
    folder: string | URL = ROOT,
  ): Promise<Subject> {
    const subject = new Subject(contender, pinned, folder);
    try {
      await listening(subject.port, () => subject.#ended);
      return subject;
    } catch (error) {
      await subject[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The id of its process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Its resident memory, in bytes. */
  get bytes(): number {
    return residentBytes(this.pid);
  }

  /** Starts a program of this folder against it, on the other core. */
  against(program: string, ...args: readonly (string | number)[]): Child {
    const [command, ...others] = onCore(LOAD_CORE, this.#pinned, [
      ...[Deno.execPath(), "run", "--quiet", "--allow-all"],
      ...[`bench/compare/${program}.ts`, this.#contender.speech, this.port],
      ...args.map(String),
    ]);
    return new Child(command, others);
  }

  /** Ends its process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#drained;
  }
}
