/**
 * System calls of a running program: they are traced, delayed, or made to fail.
 *
 * @module
 */

import { Program } from "./program.ts";

/** Whether `strace` is installed, and may attach itself to programs of this user. */
export function canTrace(): boolean {
  try {
    if (Deno.build.os !== "linux") return false;
    const { success } = new Deno.Command("strace", { args: ["--version"] })
      .outputSync();
    return success && (Deno.uid() === 0 || restriction() === "0");
  } catch {
    return false;
  }
}

/** What the system forbids: nothing is 0. See https://docs.kernel.org/admin-guide/LSM/Yama.html */
function restriction(): string {
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/yama/ptrace_scope").trim();
  } catch {
    return "0";
  }
}

/** Runs `strace` on a program, with these arguments, until it is disposed. The program goes on. */
export class Strace implements AsyncDisposable {
  #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Resolves when all threads of the program are traced. */
  static async attach(pid: number, args: readonly string[]): Promise<Strace> {
    const all = ["-f", ...args, "-p", `${pid}`];
    const program = new Program("strace", all);
    try {
      await program.stderr.match(/ attached/);
      return new Strace(program);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill("SIGINT"); // at which it lets the program go
    await this.#program.ended();
  }
}
