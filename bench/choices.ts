/**
 * Measures what each choice of the design is worth. Run it with `deno run
 * --allow-all bench/choices.ts`. It needs Linux and two cores.
 *
 * The unchanged server and one copy for each choice take turns under the same
 * loads. A patch (`bench/choices/*.patch`) switches the choice off in its copy.
 *
 * @module
 */

import { type Flags, integer, text, toggle } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import type { StopSignals } from "../lib/cli/signals.ts";
import { print } from "../lib/output.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import { patchFolder } from "../tools/teach/faults/patch.ts";
import { type Choice, readChoices, type Under } from "./choices/choice.ts";
import { type Contender, rollcall, taskIn } from "./compare/contenders.ts";
import { inWords, thisMachine, today } from "./compare/machine.ts";
import { bytesEach } from "./compare/memory.ts";
import { FIRST_LOAD, measure } from "./compare/round.ts";
import { each } from "./compare/section.ts";
import { canPin, stayOffTheServersCore } from "./compare/subject.ts";
import { table } from "../tools/terminal/table.ts";
import { median } from "../tools/stress/hold/statistics.ts";

/** The number of connected clients where nothing is sent. */
const IDLE = 10_000;
const DEPTHS = [1, 64];
/** The flags of a server with a roster in a file of its copy. */
const IN_FILE = ["--quiet", "--roster", "data/class.db"];

/** A copy of the project, unchanged or with one choice switched off. */
interface Copy {
  choice?: Choice;
  folder: string;
  /** The figures, by name. */
  figures: Map<string, number[]>;
}

async function contenderOf(copy: Copy, under: Under): Promise<Contender> {
  const task = await taskIn(copy.folder);
  switch (under) {
    case "lines":
      return rollcall("Rollcall", "pickle", [], task);
    case "file":
      return rollcall("Rollcall", "pickle", IN_FILE, task);
    case "json":
      return rollcall("Rollcall", "json", ["--quiet", "--wire", "json"], task);
    case "idle":
      return rollcall("Rollcall", "pickle", ["--quiet"], task);
    default:
      return rollcall("Rollcall", under, ["--quiet"], task);
  }
}

/** Measures a copy once, and adds the results to its figures. */
async function examine(
  copy: Copy,
  under: Under,
  quick: boolean,
  pinned: boolean,
) {
  const contender = await contenderOf(copy, under);
  const add = (what: string, figure: number) => {
    const figures = copy.figures.get(`${under}, ${what}`) ?? [];
    copy.figures.set(`${under}, ${what}`, [...figures, figure]);
  };
  if (under === "idle") {
    const clients = quick ? IDLE / 10 : IDLE;
    const bytes = await bytesEach(contender, clients, pinned, copy.folder);
    if (!bytes) {
      throw new Failure(`The server does not accept ${clients} clients`);
    }
    add("KB", bytes[0] / 1024);
    return;
  }
  const plan = quick ? { clients: 50, warmUp: 100, measured: 300, pinned } : {
    clients: 50,
    firstLoad: FIRST_LOAD,
    warmUp: 1000,
    measured: 1500,
    pinned,
  };
  const { folder } = copy;
  const [rates] = await measure([{ contender, folder }], DEPTHS, plan);
  for (const [depth, rate] of rates) {
    add(`P = ${depth}`, rate.throughput);
    add(`us, P = ${depth}`, rate.cost);
    add(`p99, P = ${depth}`, rate.p99);
  }
}

interface ChoicesFlags {
  rounds: number;
  quick: boolean;
  only: string;
}

const flags: Flags<ChoicesFlags> = {
  rounds: integer("how often to measure each copy", 5, 1, 100),
  quick: toggle("measure only briefly, to see that it runs"),
  only: text("only choices whose title contains this", "", "all"),
};

async function compare(
  { rounds, quick, only }: ChoicesFlags,
  stop: AbortSignal,
): Promise<number> {
  const pinned = await canPin();
  if (pinned) await stayOffTheServersCore();
  const choices = (await readChoices())
    .filter(({ title }) => title.includes(only));
  if (choices.length === 0) {
    throw new Failure(`No choice has a title that contains ${only}`);
  }
  const root = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const copies: Copy[] = [];
    for (const [i, choice] of [undefined, ...choices].entries()) {
      const folder = `${root}/${i}`;
      await copyProject(folder);
      if (choice) await patchFolder(choice.patch, folder);
      copies.push({ choice, folder, figures: new Map() });
    }
    const all = [...new Set(choices.flatMap(({ under }) => under))];
    const round = copies.flatMap((copy) =>
      (copy.choice?.under ?? all).map((under) => ({ copy, under }))
    );
    await each(
      { stop },
      "choices",
      Array.from({ length: rounds }, () => round).flat(),
      ({ copy, under }) => `${under}: ${copy.choice?.title ?? "unchanged"}`,
      ({ copy, under }) => examine(copy, under, quick, pinned),
    );
    const head = `${inWords(await thisMachine())}, ${today()}`;
    print([head, "", ...tables(copies)]);
    return 0;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Returns the tables of the results. The first copy is unchanged. */
function tables([unchanged, ...others]: readonly Copy[]): string[] {
  const rows: string[][] = [];
  const idle: string[][] = [];
  for (const { choice, figures } of others) {
    const both = (what: string) =>
      [figures, unchanged.figures].map((of) => median(of.get(what)!));
    const ratio = (what: string) => {
      const [without, withIt] = both(what);
      return (without / withIt).toFixed(2);
    };
    for (const under of choice!.under) {
      const name = `${choice!.title}${under === "pickle" ? "" : `: ${under}`}`;
      if (under === "idle") {
        const [without, withIt] = both("idle, KB");
        idle.push([name, withIt.toFixed(1), without.toFixed(1)]);
      } else {
        rows.push([
          name,
          ...["us, P = 1", "us, P = 64", "P = 1", "P = 64", "p99, P = 1"]
            .map((what) => ratio(`${under}, ${what}`)),
        ]);
      }
    }
  }
  const rates = table([
    "without it / with it",
    ...["processor, P = 1", "processor, P = 64"],
    ...["rate, P = 1", "rate, P = 64", "p99, P = 1"],
  ], rows);
  const memory = table(["KB for each idle client", "with it", "without"], idle);
  return idle.length > 0 ? [...rates, "", ...memory] : rates;
}

/** Runs the command. Returns the exit code. */
export function main(
  args: readonly string[],
  { stop }: StopSignals,
): Promise<number> {
  return runProgram({
    use: "choices",
    about: "Measures what each choice of the design is worth.",
    flags,
    run: (flags: ChoicesFlags) => compare(flags, stop),
  }, args);
}

if (import.meta.main) await exitWith(main);
