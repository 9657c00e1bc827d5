/**
 * The throughput of this project's client, compared with that of the load.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { Failure } from "../../lib/cli/program.ts";
import { linesOf } from "../../tools/processes/lines.ts";
import { mostBytes } from "../../tools/stress/hold/processes.ts";
import { afterDeno, ROLLCALL } from "./contenders.ts";
import { FIRST_LOAD, load, startWarm } from "./round.ts";
import { type Bench, each, type Section } from "./section.ts";
import { LOAD_CORE, onCore } from "./subject.ts";
import { table } from "../../tools/terminal/table.ts";

/** Requests that the client keeps in flight, see `clienthelper.ts`. */
const WINDOW = 1024;

/** The words after `deno` in the client's task. */
const TASK = afterDeno(config.tasks.client.command);

/** The results of one run of the client. */
interface Run {
  requests: number;
  /** Requests per second, from its summary. */
  throughput: number;
  /** Milliseconds to an answer, from its summary. */
  p50: number;
  p99: number;
  /** Its peak memory, in bytes. */
  bytes: number;
}

/**
 * Measures the client, also with a tenth of the requests, to see whether its
 * memory grows.
 */
export async function client(bench: Bench): Promise<Section> {
  const { quick, pinned } = bench;
  const most = quick ? 200_000 : 1_000_000;
  const firstLoad = quick ? 0 : FIRST_LOAD;
  const plan = { clients: 1, firstLoad, warmUp: 500, measured: 1000, pinned };
  await using subject = await startWarm({ contender: ROLLCALL }, WINDOW, plan);
  const { throughput } = await load(subject, WINDOW, plan);
  const runs = await each(
    bench,
    "client",
    [most / 10, most],
    (requests) => `${requests.toLocaleString("en")} requests`,
    (requests) => run(subject.port, requests, pinned),
  );
  const rows = runs.map((run) => [
    `client --repeat ${run.requests}`,
    (run.throughput / 1000).toFixed(0),
    (run.throughput / throughput).toFixed(2),
    run.p50.toFixed(2),
    run.p99.toFixed(2),
    (run.bytes / 2 ** 20).toFixed(0),
  ]);
  const loads = ["the load, one client", (throughput / 1000).toFixed(0), "1"];
  return {
    tables: [table(
      ["", "thousand a second", "of the load", "p50 ms", "p99 ms", "MB"],
      [[...loads, "", "", ""], ...rows],
    )],
    figures: { load: throughput, runs },
  };
}

/** Runs the client, as its task does, until it prints its summary. */
async function run(
  port: string,
  requests: number,
  pinned: boolean,
): Promise<Run> {
  const [command, ...args] = onCore(LOAD_CORE, pinned, [
    ...[Deno.execPath(), ...TASK, "--port", port],
    ...["--repeat", `${requests}`],
  ]);
  const child = new Deno.Command(command, {
    args,
    cwd: new URL("../../", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const lines = linesOf(child.stderr);
  const drained = child.stdout.pipeTo(new WritableStream()).catch(() => {});
  try {
    const { value: said = "nothing" } = await lines.next();
    const figures = said.match(
      /acknowledged in .*, (\d+) a second, p50 (\S+) ms, p99 (\S+) ms/,
    );
    if (!figures) throw new Failure(`The client said: ${said}`);
    const [throughput, p50, p99] = figures.slice(1).map(Number);
    return { requests, throughput, p50, p99, bytes: mostBytes(child.pid) };
  } finally {
    child.kill("SIGKILL"); // otherwise it stays connected
    await lines.return();
    await Promise.all([drained, child.status]);
  }
}
