/**
 * The page `docs/limits.md`, made from the comments of all limits.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { DEFAULT_LIMITS } from "../../lib/limits.ts";
import { DEFAULT_ROSTER_LIMITS } from "../../lib/students/limits.ts";

const ROOT = new URL("../../", import.meta.url);
const SOURCES = ["lib/limits.ts", "lib/students/limits.ts"];
const TESTS = new URL("tests/limits_test.ts", ROOT);

const DEFAULTS: Record<string, number> = {
  ...DEFAULT_LIMITS,
  ...DEFAULT_ROSTER_LIMITS,
};

/** Flags of the server that set a limit. */
const FLAGS: Record<string, string> = {
  maxClients: "--max-clients",
  maxClientsPerAddress: "--max-clients-per-address",
  maxNewPerConnection: "--max-new-per-connection",
  maxNewPerAddress: "--max-new-per-address",
  firstRequestTimeout: "--first-request-timeout",
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
    throw new Failure(
      `The comment of ${name} needs two paragraphs and the current @default`,
    );
  }
  const shown = value === 0 ? "off" : value.toLocaleString("en");
  const flag = name in FLAGS ? ` \`${FLAGS[name]}\`` : "";
  const test = testOf(name, tests);
  return `| \`${name}\`${flag} | ${shown} | ${what} | ${atLimit} | ${test} |`;
}

/** Makes the page. @throws {Failure} If a limit has no test, or a comment that does not fit. */
export async function makeLimitsPage(): Promise<string> {
  const properties = await readProperties();
  const tests = await Deno.readTextFile(TESTS);
  return [
    "<!-- deno-fmt-ignore-file -->",
    `<!-- Made by \`deno task docs\` from ${SOURCES.join(", ")}. -->`,
    "",
    "# Limits",
    "",
    "Each limit is an option of `Server` with the same name, except those of the roster,",
    "which are options of `Roster`. Where the table names a flag, the limit is also",
    "a flag of the server. Three of the flags have another default with `--classroom`.",
    "`server.limitHits` and `roster.limitHits` count how often each limit was reached;",
    "at its end, `deno task server` reports all counts that are not 0. If a limit costs a",
    "client its connection before that, stderr names the client and the limit.",
    "",
    "The tests are in `tests/limits_test.ts`. Each test fails without the line that",
    "enforces its limit. `deno task verify faults` removes that line and checks that the",
    "test fails.",
    "",
    "| limit | default | what it limits | at the limit | test |",
    "| --- | --: | --- | --- | --- |",
    ...Object.keys(DEFAULTS).map((name) => row(name, properties, tests)),
    "",
  ].join("\n");
}
