/**
 * `deno task docs`: brings what the pages in `docs/` quote up to date with the
 * source, and the stories that the tests of the scenarios expect with how they
 * go. With `--check`, tells whether something is stale.
 *
 * @module
 */

import { type Flags, toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { refresh } from "./quotes.ts";
import { play } from "../teach/scenario/play.ts";
import { SCENARIOS } from "../teach/scenario/scenarios.ts";
import { tell } from "../teach/scenario/story.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = [
  "docs/developing.md",
  "docs/lab.md",
  "docs/tour.md",
  "docs/exercises.md",
  "docs/protocol.md",
];
/** How the scenarios go, for their tests. */
const STORIES = "tests/testdata/scenarios.txt";

function read(path: string): Promise<string> {
  return Deno.readTextFile(new URL(path, ROOT));
}

/** How all scenarios go. */
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
  check: toggle("only tell whether something is stale"),
};

async function docs({ check }: DocsFlags): Promise<number> {
  const stale: string[] = [];
  const bring = async (
    path: string,
    make: (before: string) => Promise<string>,
  ) => {
    const before = await read(path).catch(() => "");
    const after = await make(before);
    if (after === before) return;
    stale.push(path);
    if (!check) await Deno.writeTextFile(new URL(path, ROOT), after);
  };
  await bring(STORIES, stories);
  for (const page of PAGES) {
    await bring(page, (before) => refresh(before, read));
  }
  if (!check || stale.length === 0) return 0;
  throw new Failure(
    `Stale: ${stale.join(", ")}. \`deno task docs\` brings them up to date`,
  );
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    use: "docs",
    about:
      "Brings what docs/ quotes, and the tests of the scenarios expect, up to date.",
    flags,
    run: docs,
  }, args);
}

if (import.meta.main) await exitWith(main);
