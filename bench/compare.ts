/**
 * `deno task bench`: what pipelining is worth. Rollcall beside what else one
 * could use, under the same load, in the same run. Linux.
 *
 * @module
 */

import { type Flags, text, toggle } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/cli/terminal.ts";
import { BUNDLE, type Contender, CONTENDERS } from "./compare/contenders.ts";
import { chart } from "./compare/chart.ts";
import { measure, type Plan, type Rate } from "./compare/round.ts";
import { table } from "./compare/table.ts";
import { median } from "./hold/statistics.ts";

const DEPTHS = [1, 16, 64, 256];

async function isThere(program: string): Promise<boolean> {
  const args = ["-c", 'command -v "$0"', program];
  return (await new Deno.Command("sh", { args }).output()).success;
}

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

/** Whether the server for Node could be bundled, which needs a package the first time. */
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

/** When and where this is measured. */
async function machine(): Promise<string> {
  const [, model = "some processor"] =
    (await Deno.readTextFile("/proc/cpuinfo"))
      .match(/^model name\s*: (.*)$/m) ?? [];
  const date = new Date(performance.timeOrigin).toISOString().slice(0, 10);
  return `${date}, Deno ${Deno.version.deno}, ${model}, ` +
    `${navigator.hardwareConcurrency} cores, loopback, 50 clients`;
}

interface BenchFlags {
  quick: boolean;
  json: boolean;
  svg: string;
}

const flags: Flags<BenchFlags> = {
  quick: toggle("one short round, in under a minute"),
  json: toggle("print all figures as JSON"),
  svg: text("draw the chart into this file", "", "none"),
};

/** The tables below the ratios: what they show, by what it is multiplied, and its digits. */
const FIGURES: readonly [string, keyof Rate, number, number][] = [
  ["thousand requests a second", "throughput", 0.001, 0],
  ["server's us a request", "cost", 1, 2],
  ["load's share of its core, %", "load", 100, 0],
  ["ms to a batch's last answer, 99 of 100", "p99", 1, 2],
];

/** All rates of each contender, by depth. */
type Rates = Map<Contender, Map<number, Rate[]>>;

async function rounds(
  contenders: readonly Contender[],
  depths: readonly number[],
  count: number,
  plan: Plan,
  stop: AbortSignal,
): Promise<Rates> {
  const rates: Rates = new Map(contenders.map((it) => [it, new Map()]));
  for (let round = 1; round <= count; round++) {
    for (const [i, contender] of contenders.entries()) {
      if (stop.aborted) throw new Failure("Stopped before the end");
      const done = (round - 1) * contenders.length + i;
      const all = count * contenders.length;
      report(`${Math.round(done / all * 100)} %: ${contender.name}`);
      for (const [depth, rate] of await measure(contender, depths, plan)) {
        const before = rates.get(contender)!.get(depth) ?? [];
        rates.get(contender)!.set(depth, [...before, rate]);
      }
    }
  }
  return rates;
}

async function bench(
  { quick, json, svg }: BenchFlags,
  stop: AbortSignal,
): Promise<number> {
  const contenders = await present();
  const pinned = navigator.hardwareConcurrency > 1 && await isThere("taskset");
  const plan = quick
    ? { clients: 50, warmUp: 300, measured: 500, pinned }
    : { clients: 50, warmUp: 1000, measured: 2000, pinned };
  const depths = quick ? [1, 64] : DEPTHS;
  const rates = await rounds(contenders, depths, quick ? 1 : 3, plan, stop);
  const middle = (contender: Contender, depth: number, field: keyof Rate) =>
    median(rates.get(contender)!.get(depth)!.map((rate) => rate[field]));
  if (svg) {
    const lines = contenders.map((it) => ({
      name: it.name,
      points: depths.map((d) => [d, middle(it, d, "throughput")] as const),
    }));
    await Deno.writeTextFile(svg, chart(lines, await machine()));
  }
  if (json) {
    print([JSON.stringify(Object.fromEntries(
      [...rates].map(([{ name }, it]) => [name, Object.fromEntries(it)]),
    ))]);
    return 0;
  }
  const yardstick = contenders.find(({ name }) => name === "Redis") ??
    contenders.find(({ speech }) => speech === "echo")!;
  const ofAll = (
    title: string,
    show: (it: Contender, depth: number) => string,
  ) =>
    table(
      [title, ...depths.map((depth) => `P = ${depth}`)],
      contenders.map((it) => [it.name, ...depths.map((d) => show(it, d))]),
    );
  const ratio = (it: Contender, depth: number) =>
    middle(it, depth, "throughput") / middle(yardstick, depth, "throughput");
  print(ofAll(`times ${yardstick.name}`, (it, d) => ratio(it, d).toFixed(2)));
  for (const [title, field, factor, digits] of FIGURES) {
    const show = (it: Contender, depth: number) =>
      (middle(it, depth, field) * factor).toFixed(digits);
    print(["", ...ofAll(title, show)]);
  }
  return 0;
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "bench",
    about: "Measures what pipelining is worth, beside other servers.",
    flags,
    run: (flags: BenchFlags) => bench(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
