/**
 * `deno task docs`: brings what the pages in `docs/` quote up to date with the
 * source, and the stories that the tests of the scenarios expect with how they
 * go. With `--check`, tells whether something is stale.
 *
 * In a page, a comment says what follows it:
 *
 * - `code: PATH "FIRST"`: the lines from the one that has FIRST in it to where
 *   its block ends; with `to "LAST"`, to the next one that has LAST in it;
 * - `at: PATH "TEXT"`: a link to the line that has TEXT in it;
 * - `trace: SCENARIO`: what `deno task trace --scenario SCENARIO` draws;
 * - `checks: SIDE`: the checks of the protocol kit, to the comment `end`.
 *
 * @module
 */

import { type Flags, toggle } from "../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../lib/cli/program.ts";
import { readChecks, type Side } from "./grade/kit.ts";
import { draw } from "./scenario/draw.ts";
import { play } from "./scenario/play.ts";
import { SCENARIOS } from "./scenario/scenarios.ts";
import { tell } from "./scenario/story.ts";

const ROOT = new URL("../", import.meta.url);
const PAGES = [
  "docs/lab.md",
  "docs/tour.md",
  "docs/exercises.md",
  "docs/protocol.md",
];
/** How the scenarios go, for their tests. */
const STORIES = "tests/testdata/scenarios.txt";

const CODE =
  /^<!-- code: (\S+) "(.+?)"(?: to "(.+?)")? -->\n```.*\n[^]*?```$/gm;
const AT = /^<!-- at: (\S+) "(.+?)" -->\n(.*?)\[[^\]]*\]\([^)]*\)/gm;
const TRACE = /^<!-- trace: (\S+) -->\n```text\n[^]*?```$/gm;
const CHECKS = /^<!-- checks: (server|client) -->\n[^]*?<!-- end -->$/gm;
/** Any comment that should be one of the above. */
const MARKER = /^<!-- (code|at|trace|checks): .*$/gm;

async function linesOf(path: string): Promise<string[]> {
  return (await Deno.readTextFile(new URL(path, ROOT))).split("\n");
}

/** The number of the one line that has a text in it, the first being 0. */
function find(text: string, lines: readonly string[], path: string): number {
  const found = lines.flatMap((line, i) => line.includes(text) ? [i] : []);
  if (found.length === 1) return found[0];
  throw new Failure(`${path} has ${found.length} lines with ${text}`);
}

/** The lines of a source file that a page quotes, without their common indent. */
async function quote(
  path: string,
  first: string,
  last: string | undefined,
): Promise<string[]> {
  const lines = await linesOf(path);
  const start = find(first, lines, path);
  const indent = lines[start].match(/^ */)![0];
  const isEnd = (line: string) =>
    last === undefined
      ? line.startsWith(indent) && /^[}\])]/.test(line.slice(indent.length))
      : line.includes(last);
  const length = lines.slice(start).findIndex(isEnd) + 1;
  if (length === 0) throw new Failure(`${path} has no end of ${first}`);
  return lines.slice(start, start + length)
    .map((line) => line.startsWith(indent) ? line.slice(indent.length) : line);
}

/** Replaces each match by what an asynchronous function makes of it. */
async function replaceAll(
  text: string,
  pattern: RegExp,
  make: (...groups: string[]) => Promise<string>,
): Promise<string> {
  const made: string[] = [];
  for (const match of text.matchAll(pattern)) made.push(await make(...match));
  return text.replace(pattern, () => made.shift()!);
}

/** A page with all that it quotes as it is now. */
export async function refresh(page: string): Promise<string> {
  const whole = [CODE, AT, TRACE, CHECKS].flatMap((
    it,
  ) => [...page.matchAll(it)]);
  const markers = [...page.matchAll(MARKER)];
  if (whole.length !== markers.length) {
    throw new Failure(
      `${markers.length - whole.length} comments quote nothing`,
    );
  }
  const firstLine = (match: string) => match.slice(0, match.indexOf("\n"));
  page = await replaceAll(page, CODE, async (match, path, first, last) => {
    const lines = await quote(path, first, last);
    const language = path.endsWith(".py") ? "python" : "ts";
    // Quoted code is no program: the doc tests run only what is one.
    const fence = language === "ts" ? "ts ignore" : language;
    return [firstLine(match), "```" + fence, ...lines, "```"].join("\n");
  });
  page = await replaceAll(page, AT, async (match, path, text, before) => {
    const line = find(text, await linesOf(path), path) + 1;
    const link = `[${path}, line ${line}](../${path}#L${line})`;
    return `${firstLine(match)}\n${before}${link}`;
  });
  page = await replaceAll(page, CHECKS, async (match, side) => {
    const rows = (await readChecks(side as Side)).map(
      ({ id, title, level, weight, lab }) =>
        `| \`${id}\` | ${level} | ${weight} | **${title}.** ${lab} |`,
    );
    const head = "| check | level | points | |\n| --- | --- | --- | --- |";
    return [firstLine(match), "", head, ...rows, "", "<!-- end -->"].join("\n");
  });
  return await replaceAll(page, TRACE, async (match, name) => {
    const scenario = SCENARIOS.find((scenario) => scenario.name === name);
    if (!scenario) throw new Failure(`There is no scenario ${name}`);
    const lines = draw(await play(scenario), 100);
    return [firstLine(match), "```text", ...lines, "```"].join("\n");
  });
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
    const url = new URL(path, ROOT);
    const before = await Deno.readTextFile(url).catch(() => "");
    const after = await make(before);
    if (after === before) return;
    stale.push(path);
    if (!check) await Deno.writeTextFile(url, after);
  };
  await bring(STORIES, stories);
  for (const page of PAGES) await bring(page, refresh);
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
