/**
 * `deno task bench`: measures what pipelining is worth. Rollcall and its
 * alternatives run under the same load, in the same run. It needs Linux.
 *
 * @module
 */

import { choice, type Flags, text, toggle } from "../lib/cli/flags.ts";
import { exitWith, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/output.ts";
import { client } from "./compare/client.ts";
import { BUNDLE, type Contender, CONTENDERS } from "./compare/contenders.ts";
import { crowds } from "./compare/crowds.ts";
import { latency } from "./compare/latency.ts";
import { memory } from "./compare/memory.ts";
import { resp } from "./compare/resp.ts";
import type { Bench, Section } from "./compare/section.ts";
import { starts } from "./compare/start.ts";
import { stores } from "./compare/stores.ts";
import { canPin, isThere, stayOffTheServersCore } from "./compare/subject.ts";
import { Throughput, throughput } from "./compare/throughput.ts";

/** Returns the contenders whose programs are installed. */
async function present(): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const contender of CONTENDERS) {
    const { name, needs, speech } = contender;
    const program = needs ?? (speech === "mixed" ? "python3" : undefined);
    if (program && !await isThere(program)) {
      report(`Left out: ${name}, which needs ${program}`);
    } else if (needs === "node" && !await bundleForNode()) {
      report(`Left out: ${name}, which cannot be bundled`);
    } else found.push(contender);
  }
  return found;
}

/**
 * Bundles the server for Node, which needs a package the first time. Returns
 * whether it succeeded.
 */
async function bundleForNode(): Promise<boolean> {
  const root = new URL("../", import.meta.url);
  await Deno.mkdir(new URL("dist", root), { recursive: true });
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--output", BUNDLE],
      "bench/compare/servers/node.ts",
    ],
    cwd: root,
    stderr: "null",
  }).output();
  return success;
}

/** Returns the date and the machine of the measurement. */
async function machine(): Promise<string> {
  const [, model = "some processor"] =
    (await Deno.readTextFile("/proc/cpuinfo"))
      .match(/^model name\s*: (.*)$/m) ?? [];
  const date = new Date(performance.timeOrigin).toISOString().slice(0, 10);
  return `${date}, Deno ${Deno.version.deno}, ${model}, ` +
    `${navigator.hardwareConcurrency} cores, loopback, 50 clients`;
}

/** The parts of the bench, in their order. */
const PARTS: Readonly<Record<string, Part | undefined>> = {
  ...{ throughput, latency, memory, crowds, client, starts, stores, resp },
};

/** Measures something. */
type Part = (bench: Bench) => Promise<Section>;

interface BenchFlags {
  quick: boolean;
  only: Part | undefined;
  json: boolean;
  svg: string;
}

const flags: Flags<BenchFlags> = {
  quick: toggle("one short round, in under a minute"),
  only: {
    ...choice("the part to measure", PARTS, undefined),
    shown: "all",
  },
  json: toggle("print all figures as JSON"),
  svg: text("draw the chart into this file", "", "none"),
};

async function bench(
  { quick, only, json, svg }: BenchFlags,
  stop: AbortSignal,
): Promise<number> {
  const pinned = await canPin();
  if (pinned) await stayOffTheServersCore();
  const contenders = await present();
  const bench: Bench = { contenders, quick, pinned, stop };
  const figures: Record<string, unknown> = {};
  for (const [name, measure] of Object.entries(PARTS)) {
    if (!measure || only && measure !== only) continue;
    const section = await measure(bench);
    figures[name] = section.figures;
    if (!json) print([...section.tables, ""]);
    if (svg && section instanceof Throughput) {
      await Deno.writeTextFile(svg, section.svg(await machine()));
    }
  }
  if (json) print([JSON.stringify(figures)]);
  return 0;
}

/** Runs the command. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "bench",
    about: "Measures what pipelining is worth, compared with other servers.",
    flags,
    run: (flags: BenchFlags) => bench(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
