/**
 * `deno task bench`: measures what pipelining is worth. Rollcall and its
 * alternatives run under the same load, in the same run. It needs Linux.
 *
 * @module
 */

import {
  choice,
  type Flags,
  integer,
  text,
  toggle,
  UsageError,
} from "../lib/cli/flags.ts";
import { exitWith, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print, report } from "../lib/output.ts";
import {
  againstCommit,
  commitOf,
  VERSIONED,
} from "./compare/against_commit.ts";
import { againstFile, readSaved } from "./compare/against_file.ts";
import { client } from "./compare/client.ts";
import { BUNDLE, type Contender, CONTENDERS } from "./compare/contenders.ts";
import { crowds } from "./compare/crowds.ts";
import { latency } from "./compare/latency.ts";
import { inWords, thisMachine, today } from "./compare/machine.ts";
import { memory } from "./compare/memory.ts";
import { resp } from "./compare/resp.ts";
import type { Bench, Section } from "./compare/section.ts";
import { starts } from "./compare/start.ts";
import { stores } from "./compare/stores.ts";
import { canPin, isThere, stayOffTheServersCore } from "./compare/subject.ts";
import { Throughput, throughput } from "./compare/throughput.ts";

/** Returns the contenders of these names whose programs are installed. */
async function present(names: readonly string[]): Promise<Contender[]> {
  const found: Contender[] = [];
  for (const contender of CONTENDERS) {
    const { name, needs, speech } = contender;
    if (!names.includes(name)) continue;
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

/** Measures something. */
type Part = (bench: Bench) => Promise<Section>;

/** The parts of the bench, in their order. */
const PARTS: Readonly<Record<string, Part>> = {
  ...{ throughput, latency, memory, crowds, client, starts, stores, resp },
};

interface BenchFlags {
  quick: boolean;
  only: Part | undefined;
  against: string;
  pairs: number | undefined;
  json: boolean;
  svg: string;
}

const flags: Flags<BenchFlags> = {
  quick: toggle("one short round"),
  only: {
    ...choice<Part | undefined>("the part to measure", PARTS, undefined),
    shown: "all",
  },
  against: text(
    "compare the processor time with that of a commit, such as HEAD~1, or of " +
      "an earlier run on this machine, whose --json is in this .json file",
    "",
    "none",
  ),
  pairs: {
    ...integer("how often to measure both commits", 15, 1, 1000),
    fallback: undefined,
    shown: "15, or 1 with --quick",
  },
  json: toggle("print all figures as JSON"),
  svg: text("draw the chart into this file", "", "none"),
};

/** Returns the parts to measure, and the contenders that they need. */
async function plan(
  { quick, only, against, pairs = quick ? 1 : 15 }: BenchFlags,
): Promise<{ parts: Readonly<Record<string, Part>>; names: string[] }> {
  if (against.endsWith(".json")) {
    const saved = readSaved(against, await thisMachine(), quick);
    return {
      parts: { throughput: (bench) => againstFile(against, saved, bench) },
      names: Object.keys(saved.throughput),
    };
  }
  if (against) {
    const commit = await commitOf(against);
    const part: Part = (bench) => againstCommit(commit, pairs, bench);
    return { parts: { against: part }, names: [...VERSIONED] };
  }
  const parts = Object.entries(PARTS)
    .filter(([, part]) => !only || part === only);
  return {
    parts: Object.fromEntries(parts),
    names: CONTENDERS.map(({ name }) => name),
  };
}

async function bench(flags: BenchFlags, stop: AbortSignal): Promise<number> {
  const { quick, only, against, pairs, json, svg } = flags;
  if (against && (only || svg)) {
    throw new UsageError("--against goes with neither --only nor --svg");
  }
  if (pairs && (!against || against.endsWith(".json"))) {
    throw new UsageError("--pairs goes with --against and a commit");
  }
  const { parts, names } = await plan(flags);
  const machine = await thisMachine();
  const head = `${inWords(machine)}, ${today()}`;
  if (!json) print([head, ""]);
  const pinned = await canPin();
  if (pinned) await stayOffTheServersCore();
  const contenders = await present(names);
  const bench: Bench = { contenders, quick, pinned, stop };
  const figures: Record<string, unknown> = { machine, date: today(), quick };
  for (const [name, measure] of Object.entries(parts)) {
    const section = await measure(bench);
    figures[name] = section.figures;
    if (!json) print(section.tables.flatMap((lines) => [...lines, ""]));
    if (svg && section instanceof Throughput) {
      const caption = `${head}, loopback, 50 clients`;
      await Deno.writeTextFile(svg, section.svg(caption));
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
