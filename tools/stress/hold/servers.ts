/**
 * Servers to measure, each in a separate process.
 *
 * @module
 */

import type { Address } from "../../../lib/net.ts";
import type { Certificate } from "../../../server.ts";
import { Child, DENO_RUN } from "../../processes/child.ts";

/** A running server, and where it listens. */
export interface RunningServer extends AsyncDisposable {
  readonly process: Child;
  readonly address: Address;
}

/** What an {@linkcode askedServer} reports about itself. */
export interface State {
  /** How many clients it serves. */
  handlers: number;
  /** Its live memory after a garbage collection, buffers included, in bytes. */
  liveBytes: number;
}

const SHIPPED = [
  "--v8-flags=--max-semi-space-size=8",
  "server.ts",
  "--port",
  "0",
  "--quiet",
];

/**
 * Starts the shipped server. It prints no line per request: only its work is
 * measured. `prefix` is a command that starts it, and `flags` are further flags.
 */
export function shippedServer(
  stop: AbortSignal,
  prefix: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<RunningServer> {
  return listening(Child.deno([...SHIPPED, ...flags], stop, prefix));
}

/** Returns the command that starts another one on one core, behind others if `niceness` is above 0. */
export function onCore(core: number, niceness = 0): string[] {
  const available = core % navigator.hardwareConcurrency;
  return ["taskset", "-c", `${available}`, "nice", "-n", `${niceness}`];
}

/** Starts the shipped server with a limit on its descriptors. */
export function cappedServer(
  descriptors: number,
  stop: AbortSignal,
): Promise<RunningServer> {
  const capped = `ulimit -n ${descriptors}; exec "$@"`; // both limits, hard and soft
  const command = [Deno.execPath(), ...DENO_RUN, ...SHIPPED];
  return listening(new Child("sh", ["-c", capped, "sh", ...command], stop));
}

/** Starts a server, with a handler of this name, that reports its {@linkcode State} on request. With a certificate, it speaks TLS. */
export function askedServer(
  handler: "student" | "echo",
  stop: AbortSignal,
  certificate?: Certificate,
): Promise<RunningServer> {
  const program = "tools/stress/hold/asked_server.ts";
  const tls = certificate ? [certificate.cert, certificate.key] : [];
  return listening(
    Child.deno(["--v8-flags=--expose-gc", program, handler, ...tls], stop),
  );
}

/** Starts a server of an application of this name. It tells how many clients it has on request. */
export function applicationServer(
  name: "room" | "slow",
  stop: AbortSignal,
): Promise<RunningServer> {
  return listening(
    Child.deno(["tools/stress/hold/application_server.ts", name], stop),
  );
}

/** Asks an {@linkcode askedServer} for its state. */
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
