/**
 * What does the hook cost that `deno task trace` listens to, when nobody
 * listens? Run by `deno run --allow-all bench/watch.ts`; Linux, two cores.
 *
 * A server as it is, and one from a copy out of which every call of the hook was
 * cut, take turns under the same load, each on a core of its own: 50 clients,
 * each with 64 requests at a time. What counts is the ratio of each pair.
 *
 * @module
 */

import { type Flags, integer } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/cli/terminal.ts";
import { FORMATS, type Message } from "../lib/wire/formats.ts";
import { ByteSink } from "../lib/wire/byte_sink.ts";
import { copyProject } from "../tools/faults/copy.ts";
import { ROOT } from "../tools/faults/fault.ts";
import { linesOf } from "../tools/lines.ts";
import { processorSeconds } from "./hold/processes.ts";
import { median } from "./hold/statistics.ts";

/** Calls of the hook: `accepted`, `read`, `full`, `queued`, `written`, `closed`. */
const CALLS = 6;
const CLIENTS = 50;
const DEPTH = 64;
/** Milliseconds of load before the measurement, and in it. */
const WARM_UP = 1000;
const MEASURED = 3000;
/** Bytes of an acknowledgement in pickle. */
const ACKNOWLEDGEMENT = 5;

/** What a server did under load. */
interface Rate {
  /** Requests a second. */
  throughput: number;
  /** Microseconds of processor time for each. */
  cost: number;
}

/** The bytes of one client's requests. */
function requests(client: number): Uint8Array<ArrayBuffer> {
  const sink = new ByteSink();
  for (let i = 0; i < DEPTH; i++) {
    const sid = 100_000_000 + client * DEPTH + i;
    const request: Message = {
      student_name: "Alice Brown",
      github_username: "abrown",
      sid,
    };
    FORMATS.pickle.write(request, sink);
  }
  return sink.take();
}

/** One client: sends all, waits for all answers, again. */
class Load {
  acknowledged = 0;
  #stopped = false;
  #ended: Promise<unknown>;

  constructor(port: number) {
    const clients = Array.from(
      { length: CLIENTS },
      (_, i) => this.#run(port, i),
    );
    this.#ended = Promise.all(clients);
  }

  async #run(port: number, client: number): Promise<void> {
    using conn = await Deno.connect({ port });
    conn.setNoDelay();
    const buffer = new Uint8Array(65_536);
    await conn.read(buffer); // the greeting
    const bytes = requests(client);
    while (!this.#stopped) {
      for (let at = 0; at < bytes.length;) {
        at += await conn.write(bytes.subarray(at));
      }
      for (let left = DEPTH * ACKNOWLEDGEMENT; left > 0;) {
        const count = await conn.read(buffer);
        if (count === null) throw new Failure("The server ended a connection");
        left -= count;
      }
      this.acknowledged += DEPTH;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Measures the server of a folder. */
async function measure(folder: string | URL): Promise<Rate> {
  const flags = ["run", "--quiet", "--no-prompt", "--allow-net"];
  await using server = new Deno.Command("taskset", {
    args: [
      ...["--cpu-list", "0", Deno.execPath(), ...flags],
      ...["server.ts", "--quiet", "--port", "0"],
    ],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const { value } = await linesOf(server.stdout).next();
  const [, port] = value?.match(/\/(\d+)$/) ?? [];
  if (!port) throw new Failure("The server did not start");
  const load = new Load(Number(port));
  await pause(WARM_UP);
  const [count, used] = [load.acknowledged, processorSeconds(server.pid)];
  const began = performance.now();
  await pause(MEASURED);
  const seconds = (performance.now() - began) / 1000;
  const done = load.acknowledged - count;
  const cost = (processorSeconds(server.pid) - used) * 1e6 / done;
  await load.stop();
  return { throughput: done / seconds, cost };
}

/** Cuts every call of the hook out of a copy. */
async function cutOut(copy: string): Promise<void> {
  let calls = 0;
  for (
    const path of ["server.ts", "clienthandler.ts", "lib/wire/connection.ts"]
  ) {
    const text = await Deno.readTextFile(`${copy}/${path}`);
    const without = text.replaceAll(/^.*\bwatch\?\.\(.*\n/gm, () => {
      calls++;
      return "";
    });
    await Deno.writeTextFile(`${copy}/${path}`, without);
  }
  // Each stands alone in its line: were one not found, equals would be compared.
  if (calls !== CALLS) {
    throw new Failure(`${calls} calls of the hook were found`);
  }
}

interface WatchFlags {
  pairs: number;
}

const flags: Flags<WatchFlags> = {
  pairs: integer("how often each is measured", 15, 1, 1000),
};

async function compare(
  { pairs }: WatchFlags,
  stop: AbortSignal,
): Promise<number> {
  await new Deno.Command("taskset", {
    args: ["--all-tasks", "--pid", "--cpu-list", "1", `${Deno.pid}`],
    stdout: "null",
  }).output();
  const copy = await Deno.makeTempDir({ prefix: "rollcall-" });
  const [throughputs, costs]: number[][] = [[], []];
  try {
    await copyProject(copy);
    await cutOut(copy);
    for (let pair = 1; pair <= pairs && !stop.aborted; pair++) {
      // Whoever is first in one pair is second in the next.
      const folders = pair % 2 === 0 ? [ROOT, copy] : [copy, ROOT];
      const rates = [await measure(folders[0]), await measure(folders[1])];
      const [withHook, without] = pair % 2 === 0 ? rates : rates.toReversed();
      throughputs.push(withHook.throughput / without.throughput);
      costs.push(withHook.cost / without.cost);
      const shown = Math.round(withHook.throughput).toLocaleString("en");
      report(
        `${pair} of ${pairs}: ${shown} requests a second, ` +
          `${throughputs.at(-1)!.toFixed(3)} of those without the hook`,
      );
    }
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  if (stop.aborted) throw new Failure("Stopped before the end");
  print([
    `With the hook and nobody listening, against without it, at depth ${DEPTH}:`,
    `throughput            ${
      median(throughputs).toFixed(3)
    } (median of ${pairs} pairs)`,
    `processor per request ${median(costs).toFixed(3)}`,
  ]);
  return 0;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "watch",
    about:
      "Measures what the hook of `deno task trace` costs while nobody listens.",
    flags,
    run: (flags: WatchFlags) => compare(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
