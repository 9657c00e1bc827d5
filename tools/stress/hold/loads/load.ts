/**
 * Loads on a server. Each runs in a separate process, so that it takes no time
 * from the process that measures.
 *
 * @module
 */

import { print } from "../../../../lib/output.ts";
import type { Address } from "../../../../lib/net.ts";
import { Child } from "../../../processes/child.ts";
import { linesOf } from "../../../processes/lines.ts";

/** The programs of this folder. */
export type Load =
  | "board"
  | "churn"
  | "flood"
  | "logs"
  | "never_reads"
  | "newcomers"
  | "polite"
  | "room"
  | "sids"
  | "silent"
  | "slow_clients"
  | "unfinished"
  | "unshaken"
  | "work";

/**
 * Starts a program of this folder against a server, by the command `prefix` if there
 * is one. Resolves once it is at work.
 */
export async function startLoad(
  program: Load,
  { port }: Address,
  stop: AbortSignal,
  args: string[] = [],
  prefix: readonly string[] = [],
): Promise<Child> {
  const load = Child.deno(
    [`tools/stress/hold/loads/${program}.ts`, `${port}`, ...args],
    stop,
    prefix,
  );
  try {
    await load.line();
    return load;
  } catch (error) {
    await load[Symbol.asyncDispose]();
    throw error;
  }
}

/** Connects to the server whose port is on the command line of the load. */
export async function connect(): Promise<Deno.TcpConn> {
  const port = Number(Deno.args[0]);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay();
  return conn;
}

/**
 * Reports that a load is at work, then answers each line on stdin with what
 * `progress` returns. Ends the process when stdin ends.
 */
export async function answerQuestions(
  progress: () => unknown,
): Promise<never> {
  print(["at work"]);
  for await (const _line of linesOf(Deno.stdin.readable)) {
    print([JSON.stringify(progress())]);
  }
  Deno.exit();
}
