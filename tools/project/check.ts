/**
 * Part of `deno task check`: are the files and the loops short, does each file
 * import only what it may, and do the imports form no circle?
 *
 * @module
 */

/**
 * The most lines of a file of the product or of the tools. A longer file should
 * be split.
 */
const FILE_LINES = 300;
const IS_SHORT = /^(lib|tools)\/|^\w+\.ts$/;

/**
 * Loops that must fit on one screen, by the start of their first line. A loop
 * ends with the next bracket at the same indent.
 */
const ON_ONE_SCREEN = [
  ["server.ts", "  async acceptClients("],
  ["clienthandler.ts", "  protected async processRequests("],
  ["lib/connection/processor.ts", "  async process("],
  ["lib/connection/processor.ts", "  async each<"],
  ["clienthandler.ts", "  protected override async processBatch("],
];
const SCREEN_LINES = 40;

/** A file directly in `lib/`. */
const OWN = "lib/[^/]+$";

/** What each file may import, besides packages. The first rule that fits counts. */
const MAY_IMPORT: [file: string, imports: string][] = [
  ["server\\.ts$", "(clienthandler\\.ts$|lib/(?!board|testing))"],
  ["clienthandler\\.ts$", "lib/(?!board|cli|testing)"],
  ["client\\.ts$", "(clienthelper\\.ts$|lib/(?!board|students|testing))"],
  ["clienthelper\\.ts$", "lib/(?!board|cli|connection|testing)"],
  [OWN, OWN],
  ["lib/formats/", `(lib/formats/|${OWN})`],
  ["lib/connection/", `(lib/(connection|formats)/|${OWN})`],
  ["lib/students/", `(lib/(students|formats)/|${OWN})`],
  // Pages are made in slices, between which all clients are served.
  [
    "lib/board/slices",
    `(lib/connection/fairness\\.ts$|${OWN})`,
  ],
  ["lib/board/", `(lib/(board|students|formats)/|${OWN})`],
  ["lib/cli/", `(lib/(cli|board|students|formats)/|${OWN}|deno\\.json$)`],
  ["lib/testing/", "lib/"],
  ["tools/", "(?!bench/|tests/)"],
  ["tests/", "(?!bench/)"],
];

/** All files of code, by their paths. */
function* files(folder = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder || ".")) {
    const path = folder + name;
    if (isDirectory && /^(bench|examples|lib|tests|tools)/.test(path)) {
      yield* files(`${path}/`);
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

/**
 * The files that a file imports, also those for types alone, and those loaded
 * later.
 */
function importsOf(path: string, lines: readonly string[]): string[] {
  const code = lines.filter((line) => !/^\s*(\/\/|\/?\*)/.test(line));
  const targets = code.join("\n").matchAll(
    /\b(?:from|import\()\s*"(\.[^"]+)"/g,
  );
  return Array.from(
    targets,
    ([, target]) => new URL(target, `file:///${path}`).pathname.slice(1),
  );
}

function* longLoops(): Generator<string> {
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
}

function* forbiddenImports(
  graph: ReadonlyMap<string, readonly string[]>,
): Generator<string> {
  const isAt = (pattern: string, path: string) =>
    RegExp(`^${pattern}`).test(path);
  for (const [path, imports] of graph) {
    const rule = MAY_IMPORT.find(([file]) => isAt(file, path));
    for (const target of rule ? imports : []) {
      if (!isAt(rule![1], target)) yield `${path} imports ${target}`;
    }
  }
}

/** The circles of imports, each told once. */
function* circles(
  graph: ReadonlyMap<string, readonly string[]>,
): Generator<string> {
  const done = new Set<string>();
  function* visit(path: string, way: readonly string[]): Generator<string> {
    const at = way.indexOf(path);
    if (at !== -1) {
      yield `Import cycle: ${[...way.slice(at), path].join(" -> ")}`;
    }
    if (done.has(path)) return;
    done.add(path);
    for (const target of graph.get(path) ?? []) {
      yield* visit(target, [...way, path]);
    }
  }
  for (const path of graph.keys()) yield* visit(path, []);
}

function* problems(): Generator<string> {
  const graph = new Map<string, string[]>();
  for (const path of files()) {
    const lines = linesOf(path);
    graph.set(path, importsOf(path, lines));
    if (IS_SHORT.test(path) && lines.length > FILE_LINES) {
      yield `${path} has ${lines.length} lines, over ${FILE_LINES}`;
    }
  }
  yield* longLoops();
  yield* forbiddenImports(graph);
  yield* circles(graph);
}

const found = [...problems()];
for (const problem of found) console.error(problem);
Deno.exit(found.length === 0 ? 0 : 1);
