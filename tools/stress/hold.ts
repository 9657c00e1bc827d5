/**
 * `deno task hold`: measures whether the server keeps its promises, whatever its
 * clients do.
 *
 * The server runs in a separate process. The scenarios observe it through `/proc`,
 * which Deno lets a program read only with `--allow-all`. All traffic stays on
 * loopback.
 *
 * @module
 */

import { type Flags, toggle, UsageError } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import type { StopSignals } from "../../lib/cli/signals.ts";
import { suggestion } from "../../lib/cli/suggestion.ts";
import { print, report } from "../../lib/output.ts";
import { board } from "./hold/board.ts";
import { churn } from "./hold/churn.ts";
import { comeAndGo } from "./hold/come_and_go.ts";
import { descriptors } from "./hold/descriptors.ts";
import { drain } from "./hold/drain.ts";
import { failingFile, failingRedis } from "./hold/failing.ts";
import { flood } from "./hold/flood.ts";
import { fsync } from "./hold/fsync.ts";
import { fuzz } from "./hold/fuzz.ts";
import { kept, keptRedis } from "./hold/kept.ts";
import { kill9 } from "./hold/kill9.ts";
import { logs } from "./hold/logs.ts";
import { memory } from "./hold/memory.ts";
import { neverReads } from "./hold/never_reads.ts";
import { output } from "./hold/output.ts";
import { parallel } from "./hold/parallel.ts";
import { room } from "./hold/room.ts";
import type { Figure, Scenario } from "./hold/scenario.ts";
import { screen } from "./hold/screen.ts";
import { slowClients } from "./hold/slow_clients.ts";
import { takeover } from "./hold/takeover.ts";
import { throws } from "./hold/throws.ts";
import { tls } from "./hold/tls.ts";
import { work } from "./hold/work.ts";

const SCENARIOS: readonly Scenario[] = [
  descriptors,
  comeAndGo,
  neverReads,
  slowClients,
  flood,
  fuzz,
  throws,
  tls,
  kill9,
  kept,
  keptRedis,
  failingFile,
  failingRedis,
  fsync,
  output,
  drain,
  churn,
  memory,
  work,
  takeover,
  logs,
  screen,
  parallel,
  room,
  board,
];

/** How long a scenario may take, in milliseconds: well above the slowest one. */
const LONGEST = 600_000;

interface HoldFlags {
  all: boolean;
  brief: boolean;
}

const flags: Flags<HoldFlags> = {
  all: toggle("measure all scenarios"),
  brief: toggle(
    "measure the rosters that are kept, and tls, for a shorter time",
  ),
};

/** Returns the scenarios of these names. @throws {UsageError} If a name is unknown. */
function named(names: readonly string[]): Scenario[] {
  return names.map((name) => {
    const scenario = SCENARIOS.find((scenario) => scenario.name === name);
    if (scenario) return scenario;
    const all = SCENARIOS.map(({ name }) => name);
    throw new UsageError(
      `There is no scenario ${name}.${suggestion(name, all)} ` +
        `The scenarios are ${all.join(", ")}`,
    );
  });
}

async function hold(
  scenarios: readonly Scenario[],
  brief: boolean,
  stop: AbortSignal,
): Promise<number> {
  let code = 0;
  for (const scenario of scenarios) {
    const { name, needs } = scenario;
    if (needs && !needs.isThere()) {
      report(`${name} is left out: it needs ${needs.name}`);
      continue;
    }
    const figures = await measure(scenario, brief, stop);
    print([scenario.name, ...aligned(figures)]);
    if (!figures.every(({ holds }) => holds)) code = 1;
  }
  return code;
}

async function measure(
  { name, measure }: Scenario,
  brief: boolean,
  stop: AbortSignal,
): Promise<Figure[]> {
  const longest = AbortSignal.timeout(LONGEST);
  try {
    return await measure(
      (line) => report(`${name}: ${line}`),
      AbortSignal.any([stop, longest]),
      brief,
    );
  } catch (error) {
    // An error after the stop is only a consequence of it.
    if (stop.aborted) throw new Failure("Stopped before the end");
    if (!longest.aborted) throw error;
    throw new Failure(`${name} did not end within ${LONGEST / 1000} s`);
  }
}

/** Returns one line per figure, in columns. */
function aligned(figures: readonly Figure[]): string[] {
  const width = (column: "what" | "measured" | "bound") =>
    Math.max(...figures.map((figure) => figure[column].length));
  const [what, measured, bound] = [
    width("what"),
    width("measured"),
    width("bound"),
  ];
  return figures.map((figure) =>
    [
      " ",
      figure.what.padEnd(what),
      figure.measured.padStart(measured),
      figure.bound.padEnd(bound),
      figure.holds ? "holds" : "FAILS",
    ].join("  ")
  );
}

/** Returns one line per scenario. */
function list(): string[] {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length));
  return SCENARIOS.map(({ name, about }) => `${name.padEnd(width)}  ${about}`);
}

/** The command line. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "hold [NAME...]",
    about:
      "Measures whether the server keeps its promises, in the scenarios of these " +
      "names. Without a name, lists the scenarios.",
    flags,
    takesOperands: true,
    run: async ({ all, brief }: HoldFlags, names) => {
      const scenarios = all ? SCENARIOS : named(names);
      if (scenarios.length > 0) return await hold(scenarios, brief, stop);
      print(list());
      return 0;
    },
  }, args);
}

if (import.meta.main) await exitWith(main);
