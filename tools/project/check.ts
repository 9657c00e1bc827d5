/**
 * Part of `deno task check`: do the loops and files stay short, and does each
 * file import only what it may?
 *
 * @module
 */

/** A longer file has a second subject in it. */
const FILE_LINES = 300;

/** What fits on one screen: each begins with its first line, and ends at the same indent. */
const ON_ONE_SCREEN = [
  ["server.ts", "  async acceptClients("],
  ["clienthandler.ts", "  protected async processRequests("],
  ["clienthandler.ts", "  protected async processBatch("],
];
const SCREEN_LINES = 40;

/** Which files each may import, besides packages. */
const MAY_IMPORT: [RegExp, RegExp][] = [
  [/^server\.ts$/, /^(clienthandler\.ts|lib\/)/],
  [/^clienthandler\.ts$/, /^lib\//],
  [/^client\.ts$/, /^(clienthelper\.ts|lib\/)/],
  [/^clienthelper\.ts$/, /^lib\//],
  [/^lib\//, /^(lib\/|deno\.json$)/],
];

function* files(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder || ".")) {
    const path = folder + name;
    if (isDirectory && folder + name !== "tests") {
      if (/^(lib|tools)/.test(path)) yield* files(`${path}/`);
    } else if (name.endsWith(".ts")) yield path;
  }
}

function linesOf(path: string): string[] {
  return Deno.readTextFileSync(path).trimEnd().split("\n");
}

/** Lines that are code: neither empty nor a comment. */
function codeLines(lines: readonly string[]): number {
  return lines.filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length;
}

function* problems(): Generator<string> {
  for (const [path, first] of ON_ONE_SCREEN) {
    const lines = linesOf(path);
    const start = lines.findIndex((line) => line.startsWith(first));
    const indent = first.match(/^ */)![0];
    const length = lines.slice(start).indexOf(`${indent}}`) + 1;
    if (start === -1 || length > SCREEN_LINES) {
      yield `${path}: ${first.trim()}) has ${length} lines, over ${SCREEN_LINES}`;
    }
  }
  const file = linesOf("lib/lock.ts");
  const lock = codeLines(file.slice(file.indexOf("export class Lock {")));
  if (lock > SCREEN_LINES) {
    yield `lib/lock.ts: the class has ${lock} lines of code, over ${SCREEN_LINES}`;
  }
  for (const path of files("")) {
    const lines = linesOf(path);
    if (lines.length > FILE_LINES) {
      yield `${path} has ${lines.length} lines, over ${FILE_LINES}`;
    }
    yield* forbiddenImports(path, lines.join("\n"));
  }
}

function* forbiddenImports(path: string, text: string): Generator<string> {
  const allowed = MAY_IMPORT.find(([file]) => file.test(path))?.[1];
  for (
    const [, target] of text.matchAll(
      /^(?:import|export|\}) ?.*from "(\.[^"]+)"/gm,
    )
  ) {
    const resolved = new URL(target, `file:///${path}`).pathname.slice(1);
    if (allowed && !allowed.test(resolved)) yield `${path} imports ${resolved}`;
  }
}

const found = [...problems()];
for (const problem of found) console.error(problem);
Deno.exit(found.length === 0 ? 0 : 1);
