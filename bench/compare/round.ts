/**
 * Measuring one server.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { processorSeconds } from "../hold/processes.ts";
import type { Contender } from "./contenders.ts";
import type { Seen } from "./load.ts";

const ROOT = new URL("../../", import.meta.url);

/** How long to load a server. */
export interface Plan {
  /** Clients at the same time. */
  clients: number;
  /** Milliseconds before it is measured. */
  warmUp: number;
  /** Milliseconds of the measurement. */
  measured: number;
  /** Whether there is `taskset`, and a core for each side. */
  pinned: boolean;
}

/** What a server did under load. */
export interface Rate extends Seen {
  /** Requests a second. */
  throughput: number;
  /** Microseconds of the server's processor time for each request. */
  cost: number;
  /** The share of one core that the load took. */
  load: number;
}

function pinned(
  core: number,
  plan: Plan,
  command: string[],
  cwd: string | URL = ROOT,
): Deno.Command {
  const [program, ...args] = plan.pinned
    ? ["taskset", "--cpu-list", `${core}`, ...command]
    : command;
  return new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    env: { NO_COLOR: "1" },
  });
}

/** A port that is free now. */
function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `${(listener.addr as Deno.NetAddr).port}`;
}

/** Waits until something listens. */
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

/** Starts a server, which may be that of a copy, loads it at each depth, and ends it. */
export async function measure(
  contender: Contender,
  depths: readonly number[],
  plan: Plan,
  folder?: string | URL,
): Promise<Map<number, Rate>> {
  const port = freePort();
  const server = pinned(0, plan, contender.command(port), folder).spawn();
  let ended = false;
  void server.status.then(() => ended = true);
  const drained = server.stdout.pipeTo(new WritableStream());
  const rates = new Map<number, Rate>();
  try {
    await listening(port, () => ended);
    for (const depth of depths) {
      const used = processorSeconds(server.pid);
      const load = await pinned(1, plan, [
        ...[Deno.execPath(), "run", "--quiet", "--allow-all"],
        ...["bench/compare/load.ts", contender.speech, port],
        ...[plan.clients, depth, plan.warmUp, plan.measured].map(String),
      ]).output();
      if (!load.success) {
        throw new Failure(`${contender.name}: the load failed`);
      }
      const seen: Seen = JSON.parse(new TextDecoder().decode(load.stdout));
      // From its start to its end, and so with the warming up.
      const cost = (processorSeconds(server.pid) - used) * 1e6 / seen.total;
      const throughput = seen.requests / seen.seconds;
      rates.set(depth, {
        ...seen,
        throughput,
        cost,
        load: seen.processor / seen.seconds,
      });
    }
  } finally {
    if (!ended) server.kill("SIGKILL");
    await server.status;
    await drained.catch(() => {});
  }
  return rates;
}
