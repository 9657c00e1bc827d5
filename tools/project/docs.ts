/**
 * `deno task docs`: updates what is copied from the code: the quotations in the
 * pages, the page of the limits, and the stories that the tests of the
 * scenarios expect. With `--check`, only reports what is out of date.
 *
 * @module
 */

import { type Flags, toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { play } from "../teach/scenario/play.ts";
import { SCENARIOS } from "../teach/scenario/scenarios.ts";
import { tell } from "../teach/scenario/story.ts";
import { makeLimitsPage } from "./limits_page.ts";
import { refresh } from "./quotes.ts";

const ROOT = new URL("../../", import.meta.url);
/** The pages that quote code. */
const PAGES = [
  "README.md",
  "docs/building.md",
  "docs/developing.md",
  "docs/exercises.md",
  "docs/lab.md",
  "docs/protocol.md",
  "docs/tour.md",
];
const LIMITS = "docs/limits.md";
/** The stories of all scenarios, which their tests compare with. */
const STORIES = "tests/testdata/scenarios.txt";

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

/** Plays all scenarios, and returns their stories. */
async function stories(): Promise<string> {
  const parts: string[] = [];
  for (const scenario of SCENARIOS) {
    const lines = tell(await play(scenario));
    parts.push([`# ${scenario.name}`, ...lines, ""].join("\n"));
  }
  return parts.join("\n");
}

interface DocsFlags {
  check: boolean;
}

const flags: Flags<DocsFlags> = {
  check: toggle("only report what is out of date"),
};

async function docs({ check }: DocsFlags): Promise<number> {
  const stale: string[] = [];
  const update = async (
    path: string,
    make: (before: string) => Promise<string>,
  ) => {
    const before = await read(path).catch(() => "");
    const after = await make(before);
    if (after === before) return;
    stale.push(path);
    if (!check) await Deno.writeTextFile(new URL(path, ROOT), after);
  };
  await update(STORIES, stories);
  await update(LIMITS, makeLimitsPage);
  for (const page of PAGES) {
    await update(page, (before) => refresh(before, read));
  }
  if (!check || stale.length === 0) return 0;
  throw new Failure(
    `Out of date: ${stale.join(", ")}. \`deno task docs\` updates them`,
  );
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    use: "docs",
    about:
      "Updates what the pages quote, docs/limits.md, and the stories that " +
      "the scenario tests expect.",
    flags,
    run: docs,
  }, args);
}

if (import.meta.main) await exitWith(main);
