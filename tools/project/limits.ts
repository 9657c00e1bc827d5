/**
 * `deno task limits`: writes `docs/limits.md`, the page of all limits, out of
 * the comments in `lib/limits.ts`. With `--check`, tells whether it is stale.
 *
 * @module
 */

import { type Flags, toggle } from "../../lib/cli/flags.ts";
import { exitWith, Failure, runProgram } from "../../lib/cli/program.ts";
import {
  DEFAULT_LIMITS,
  LIMIT_NAMES,
  type LimitName,
} from "../../lib/limits.ts";

const ROOT = new URL("../../", import.meta.url);
const SOURCE = new URL("lib/limits.ts", ROOT);
const PAGE = new URL("docs/limits.md", ROOT);
const TESTS = new URL("tests/limits_test.ts", ROOT);

/** Flags of the server that set a limit. */
const FLAGS: Partial<Record<LimitName, string>> = {
  maxClients: "--max-clients",
  idleTimeout: "--idle-timeout",
  grace: "--grace",
};

/** What `deno doc --json` says of an interface's property. */
interface Property {
  name: string;
  jsDoc: { doc: string; tags: { kind: string; value: string }[] };
}

/** The properties of all interfaces in the file of the limits. */
async function readProperties(): Promise<Property[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", SOURCE.href],
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const [{ symbols }] = Object.values<
    { symbols: { declarations: { def: { properties?: Property[] } }[] }[] }
  >(nodes);
  return symbols.flatMap(({ declarations }) =>
    declarations.flatMap(({ def }) => def.properties ?? [])
  );
}

/** The name of a limit's test, without `[id]` and `(needs ...)`. */
function testOf(name: LimitName, tests: string): string {
  const found = tests.match(
    RegExp(`"\\[limit-${name}\\] ([^"]+?)(?: \\(needs [^"]+\\))?"`),
  );
  if (!found) throw new Failure(`${name} has no test`);
  return found[1];
}

/** One limit on the page. */
function row(
  name: LimitName,
  properties: readonly Property[],
  tests: string,
): string {
  const { jsDoc } = properties.find((property) => property.name === name)!;
  const [what, atLimit] = jsDoc.doc.trim().split("\n\n")
    .map((paragraph) => paragraph.replaceAll("\n", " "));
  const value = DEFAULT_LIMITS[name];
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
    "<!-- Made of lib/limits.ts by `deno task limits`. -->",
    "",
    "# Limits",
    "",
    "Each is an option of `Server`, by its name; three are flags of the server, too.",
    "Whenever one is reached, `server.reached` counts it under its name; at its end",
    "the server tells all counts that are not 0. Where one costs a client its",
    "connection before the server ends, stderr names the client and the limit.",
    "",
    "The tests are in `tests/limits_test.ts`. Each fails without the line that enforces",
    "its limit: `deno task verify faults` takes that line away, and the test must fail.",
    "",
    "| limit | default | what it limits | at the limit | test |",
    "| --- | --: | --- | --- | --- |",
    ...LIMIT_NAMES.map((name) => row(name, properties, tests)),
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
    about: "Makes docs/limits.md out of lib/limits.ts.",
    flags,
    run: limits,
  }, args);
}

if (import.meta.main) await exitWith(main);
