/**
 * `deno task limits`: writes `docs/limits.md`, the page of all limits, out of
 * the comments in `lib/limits.ts`. With `--check`, tells whether it is stale.
 *
 * @module
 */

import { type Flags, toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { DEFAULT_ROSTER_LIMITS } from "../../lib/students/memory.ts";

const ROOT = new URL("../../", import.meta.url);
const SOURCES = ["lib/limits.ts", "lib/students/memory.ts"];
const PAGE = new URL("docs/limits.md", ROOT);
const TESTS = new URL("tests/limits_test.ts", ROOT);

const DEFAULTS: Record<string, number> = {
  ...DEFAULT_LIMITS,
  ...DEFAULT_ROSTER_LIMITS,
};

/** Flags of the server that set a limit. */
const FLAGS: Record<string, string> = {
  maxClients: "--max-clients",
  idleTimeout: "--idle-timeout",
  grace: "--grace",
};

/** What `deno doc --json` says of an interface's property. */
interface Property {
  name: string;
  jsDoc: { doc: string; tags: { kind: string; value: string }[] };
}

/** The properties of all interfaces in the files of the limits. */
async function readProperties(): Promise<Property[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...SOURCES.map((path) => new URL(path, ROOT).href)],
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const files = Object.values<
    { symbols: { declarations: { def: { properties?: Property[] } }[] }[] }
  >(nodes);
  return files.flatMap(({ symbols }) =>
    symbols.flatMap(({ declarations }) =>
      declarations.flatMap(({ def }) => def.properties ?? [])
    )
  );
}

/** The name of a limit's test, without `[id]` and `(needs ...)`. */
function testOf(name: string, tests: string): string {
  const found = tests.match(
    RegExp(`"\\[limit-${name}\\] ([^"]+?)(?: \\(needs [^"]+\\))?"`),
  );
  if (!found) throw new Failure(`${name} has no test`);
  return found[1];
}

/** One limit on the page. */
function row(
  name: string,
  properties: readonly Property[],
  tests: string,
): string {
  const { jsDoc } = properties.find((property) => property.name === name)!;
  const [what, atLimit] = jsDoc.doc.trim().split("\n\n")
    .map((paragraph) => paragraph.replaceAll("\n", " "));
  const value = DEFAULTS[name];
  const documented = jsDoc.tags.find(({ kind }) => kind === "default")?.value;
  if (documented !== `${value}` || atLimit === undefined) {
    throw new Failure(`The comment of ${name} is not as it should be`);
  }
  const shown = value === 0 ? "off" : value.toLocaleString("en");
  const flag = name in FLAGS ? ` \`${FLAGS[name]}\`` : "";
  const test = testOf(name, tests);
  return `| \`${name}\`${flag} | ${shown} | ${what} | ${atLimit} | ${test} |`;
}

async function makePage(): Promise<string> {
  const properties = await readProperties();
  const tests = await Deno.readTextFile(TESTS);
  return [
    "<!-- deno-fmt-ignore-file -->",
    "<!-- Made by `deno task limits` from lib/limits.ts and lib/students/memory.ts. -->",
    "",
    "# Limits",
    "",
    "Each is an option of `Server` by its name, but for those of the roster, which are",
    "options of `MemoryRoster`. Three are flags of the server, too. `server.limitHits` and",
    "`roster.limitHits` count how often each limit was reached; when the server ends, it",
    "reports all counts that are not 0. If a limit costs a client its connection before",
    "the server ends, stderr names the client and the limit.",
    "",
    "The tests are in `tests/limits_test.ts`. Each fails without the line that enforces",
    "its limit: `deno task verify faults` takes that line away, and the test must fail.",
    "",
    "| limit | default | what it limits | at the limit | test |",
    "| --- | --: | --- | --- | --- |",
    ...Object.keys(DEFAULTS).map((name) => row(name, properties, tests)),
    "",
  ].join("\n");
}

interface LimitsFlags {
  check: boolean;
}

const flags: Flags<LimitsFlags> = {
  check: toggle("only tell whether the page is stale"),
};

async function limits({ check }: LimitsFlags): Promise<number> {
  const page = await makePage();
  if (!check) {
    await Deno.writeTextFile(PAGE, page);
    return 0;
  }
  const present = await Deno.readTextFile(PAGE).catch(() => "");
  if (present === page) return 0;
  throw new Failure(
    "docs/limits.md is stale: `deno task limits` makes it anew",
  );
}

/** The command line. Returns the exit code. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    use: "limits",
    about: "Makes docs/limits.md from the comments of all limits.",
    flags,
    run: limits,
  }, args);
}

if (import.meta.main) await exitWith(main);
