/**
 * Servers under measure, each in a process of its own.
 *
 * @module
 */

import type { Address } from "../../../lib/net.ts";
import { Child, DENO_RUN } from "../../processes/child.ts";

/** A server that runs, and where it listens. */
export interface RunningServer extends AsyncDisposable {
  readonly process: Child;
  readonly address: Address;
}

/** What a server that can be asked says of itself. */
export interface State {
  /** Clients that it serves. */
  handlers: number;
  /** Bytes that are alive after a garbage collection, buffers among them. */
  liveBytes: number;
}

const SHIPPED = ["server.ts", "--port", "0", "--quiet"];

/** The server as it is shipped. It prints no line for each request: only its work is measured. */
export function shippedServer(stop: AbortSignal): Promise<RunningServer> {
  return listening(Child.deno(SHIPPED, stop));
}

/** The server as it is shipped, with no more than so many descriptors. */
export function cappedServer(
  descriptors: number,
  stop: AbortSignal,
): Promise<RunningServer> {
  const capped = `ulimit -n ${descriptors}; exec "$@"`; // both limits, hard and soft
  const command = [Deno.execPath(), ...DENO_RUN, ...SHIPPED];
  return listening(new Child("sh", ["-c", capped, "sh", ...command], stop));
}

/** A server that can be asked for its {@linkcode State}, with a handler of this name. */
export function askedServer(
  handler: "student" | "echo",
  stop: AbortSignal,
): Promise<RunningServer> {
  const program = "tools/stress/hold/asked_server.ts";
  return listening(
    Child.deno(["--v8-flags=--expose-gc", program, handler], stop),
  );
}

/** Asks a server that can be asked. */
export async function stateOf({ process }: RunningServer): Promise<State> {
  return JSON.parse(await process.ask());
}

async function listening(process: Child): Promise<RunningServer> {
  try {
    const [, hostname, port] = (await process.line()).match(LISTENING)!;
    return {
      process,
      address: { hostname, port: Number(port) },
      [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
    };
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}

const LISTENING = /^Listening at (\S+)\/(\d+)$/;
