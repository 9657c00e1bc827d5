/**
 * Updates the quotations in the pages: code, places in the code, traces, checks.
 *
 * In a page, the comment above a quotation says what it quotes:
 *
 * - `code: PATH NAME`: a declaration, such as `Server.handler`;
 * - `code: PATH "FIRST" to "LAST"`: the lines from the one that contains FIRST
 *   to the next one that contains LAST;
 * - `at: PATH NAME`: a link to a declaration;
 * - `trace: SCENARIO`: what `deno task trace SCENARIO` draws;
 * - `checks: SIDE`: the checks of the protocol kit, to the comment `end`.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { readChecks, type Side } from "../grade/kit.ts";
import { draw } from "../teach/scenario/draw.ts";
import { play } from "../teach/scenario/play.ts";
import { SCENARIOS } from "../teach/scenario/scenarios.ts";

const CODE =
  /^<!-- code: (\S+) (?:"(.+?)" to "(.+?)"|([\w.#]+)) -->\n```.*\n[^]*?```$/gm;
const AT = /^<!-- at: (\S+) ([\w.#]+) -->\n(.*?)\[[^\]]*\]\([^)]*\)/gm;
const TRACE = /^<!-- trace: (\S+) -->\n```text\n[^]*?```$/gm;
const CHECKS = /^<!-- checks: (server|client) -->\n[^]*?<!-- end -->$/gm;
/** Any comment that should be one of the above. */
const MARKER = /^<!-- (code|at|trace|checks): .*$/gm;

/** Gives the text of a file of the project. */
export type Source = (path: string) => string | Promise<string>;

/** Lines of a file, counted from 0. `end` is the line after the last one. */
interface Range {
  start: number;
  end: number;
}

/** What may come before a declaration's name. */
const KEYWORDS = "(?:(?:export|abstract|async|class|const|enum|function|get|" +
  "interface|override|private|protected|readonly|set|static|type) )*";

/**
 * Where a declaration begins and ends: `Lock`, or a member of a class,
 * `Lock.acquire`.
 */
function findDeclaration(
  name: string,
  lines: readonly string[],
  path: string,
): Range {
  let range = { start: 0, end: lines.length };
  for (const [depth, part] of name.split(".").entries()) {
    const indent = "  ".repeat(depth);
    const begins = RegExp(`^${indent}${KEYWORDS}${part}(?![\\w])`);
    const start = lines.findIndex((line, i) =>
      i >= range.start && i < range.end && begins.test(line)
    );
    if (start === -1) throw new Failure(`${path} declares no ${name}`);
    // It ends on its first line, or with the bracket at the same indent.
    const ends = RegExp(`^${indent}[}\\])]+[;,]?$`);
    const length = lines[start].endsWith(";")
      ? 1
      : lines.slice(start, range.end).findIndex((it) => ends.test(it)) + 1;
    if (length === 0) throw new Failure(`${path} has no end of ${name}`);
    range = { start, end: start + length };
  }
  return range;
}

/**
 * The lines from the one that contains `first` to the next one that contains
 * `last`.
 */
function findLines(
  first: string,
  last: string,
  lines: readonly string[],
  path: string,
): Range {
  const found = lines.flatMap((line, i) => line.includes(first) ? [i] : []);
  if (found.length !== 1) {
    throw new Failure(`${path} has ${found.length} lines with ${first}, not 1`);
  }
  const [start] = found;
  const length = lines.slice(start).findIndex((it) => it.includes(last)) + 1;
  if (length === 0) throw new Failure(`${path} has no end of ${first}`);
  return { start, end: start + length };
}

/** Lines without their common indent. */
function dedent(lines: readonly string[]): string[] {
  const [indent] = lines[0].match(/^ */)!;
  return lines.map((line) =>
    line.startsWith(indent) ? line.slice(indent.length) : line
  );
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

/**
 * Returns a page with all its quotations brought up to date.
 *
 * @throws {Failure} If something that it quotes is missing, or a comment is malformed.
 */
export async function refresh(page: string, source: Source): Promise<string> {
  const quotations = [CODE, AT, TRACE, CHECKS]
    .flatMap((pattern) => [...page.matchAll(pattern)]);
  const markers = [...page.matchAll(MARKER)];
  if (quotations.length !== markers.length) {
    throw new Failure(
      `${markers.length - quotations.length} comments quote nothing`,
    );
  }
  const linesOf = async (path: string) => (await source(path)).split("\n");
  const firstLine = (match: string) => match.slice(0, match.indexOf("\n"));
  page = await replaceAll(
    page,
    CODE,
    async (match, path, first, last, name) => {
      const lines = await linesOf(path);
      const { start, end } = name
        ? findDeclaration(name, lines, path)
        : findLines(first, last, lines, path);
      const language = path.endsWith(".py") ? "python" : "ts";
      // `ignore` keeps the doc tests from running the quotation, which is not a
      // whole program.
      const fence = language === "ts" ? "ts ignore" : language;
      const quoted = dedent(lines.slice(start, end));
      return [firstLine(match), "```" + fence, ...quoted, "```"].join("\n");
    },
  );
  page = await replaceAll(page, AT, async (match, path, name, before) => {
    const line = findDeclaration(name, await linesOf(path), path).start + 1;
    const link = `[${path}, line ${line}](../${path}#L${line})`;
    return `${firstLine(match)}\n${before}${link}`;
  });
  page = await replaceAll(page, CHECKS, (match, side) => {
    const rows = readChecks(side as Side).map(
      ({ id, title, level, weight, lab }) =>
        `| \`${id}\` | ${level} | ${weight} | **${title}.** ${lab} |`,
    );
    const head = "| check | level | points | |\n| --- | --- | --- | --- |";
    const table = [firstLine(match), "", head, ...rows, "", "<!-- end -->"];
    return Promise.resolve(table.join("\n"));
  });
  return await replaceAll(page, TRACE, async (match, name) => {
    const scenario = SCENARIOS.find((scenario) => scenario.name === name);
    if (!scenario) throw new Failure(`There is no scenario ${name}`);
    const { head, rows } = draw(await play(scenario), 100);
    return [firstLine(match), "```text", ...head, ...rows, "```"].join("\n");
  });
}
