// Quotations in the pages. tests/verify/pages.ts runs the commands on them. The
// files are imported as text, so that no permission is needed to read them.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { refresh } from "../tools/project/quotes.ts";
import ballotBox from "../examples/exercises/ballot_box.ts" with {
  type: "text",
};
import building from "../docs/building.md" with { type: "text" };
import readme from "../README.md" with { type: "text" };
import reference from "../docs/reference.md" with { type: "text" };
import teaching from "../docs/teaching.md" with { type: "text" };
import adder from "../examples/adder.ts" with { type: "text" };
import ask from "../examples/ask.ts" with { type: "text" };
import counter from "../examples/counter.ts" with { type: "text" };
import room from "../examples/room.ts" with { type: "text" };
import upper from "../examples/upper.ts" with { type: "text" };
import warmest from "../examples/warmest.ts" with { type: "text" };
import testingExample from "./testing_example_test.ts" with { type: "text" };
import fileReader from "./python/file_reader.py" with { type: "text" };
import messageReader from "./python/message_reader.py" with { type: "text" };
import demoTest from "./demo_test.ts" with { type: "text" };
import clienthandler from "../clienthandler.ts" with { type: "text" };
import developing from "../docs/developing.md" with { type: "text" };
import exercises from "../docs/exercises.md" with { type: "text" };
import reader from "../lib/connection/reader.ts" with { type: "text" };
import lab from "../docs/lab.md" with { type: "text" };
import firstClient from "./python/first_client.py" with { type: "text" };
import labServer from "./python/lab_server.py" with { type: "text" };
import gradedClient from "./graded/client.py" with { type: "text" };
import gradedServer from "./graded/server.py" with { type: "text" };
import limits from "../docs/limits.md" with { type: "text" };
import lock from "../lib/lock.ts" with { type: "text" };
import opcodes from "../lib/formats/pickle/opcodes.ts" with { type: "text" };
import operating from "../docs/operating.md" with { type: "text" };
import performance from "../docs/performance.md" with { type: "text" };
import protocol from "../docs/protocol.md" with { type: "text" };
import security from "../docs/security.md" with { type: "text" };
import server from "../server.ts" with { type: "text" };
import tour from "../docs/tour.md" with { type: "text" };
import { needs } from "./support/needs.ts";
import { ROOT } from "../tools/processes/program.ts";

const PAGES: Record<string, string> = {
  "README.md": readme,
  "docs/building.md": building,
  "docs/developing.md": developing,
  "docs/exercises.md": exercises,
  "docs/lab.md": lab,
  "docs/limits.md": limits,
  "docs/operating.md": operating,
  "docs/performance.md": performance,
  "docs/protocol.md": protocol,
  "docs/reference.md": reference,
  "docs/security.md": security,
  "docs/teaching.md": teaching,
  "docs/tour.md": tour,
};

const SOURCES: Record<string, string> = {
  "clienthandler.ts": clienthandler,
  "examples/exercises/ballot_box.ts": ballotBox,
  "lib/lock.ts": lock,
  "lib/connection/reader.ts": reader,
  "lib/formats/pickle/opcodes.ts": opcodes,
  "server.ts": server,
  "tests/demo_test.ts": demoTest,
  "examples/adder.ts": adder,
  "examples/ask.ts": ask,
  "examples/counter.ts": counter,
  "examples/room.ts": room,
  "examples/upper.ts": upper,
  "examples/warmest.ts": warmest,
  "tests/testing_example_test.ts": testingExample,
  "tests/graded/client.py": gradedClient,
  "tests/graded/server.py": gradedServer,
  "tests/python/first_client.py": firstClient,
  "tests/python/lab_server.py": labServer,
  "tests/python/file_reader.py": fileReader,
  "tests/python/message_reader.py": messageReader,
};

/** The text of a file that a page quotes. */
function source(path: string): string {
  if (path in SOURCES) return SOURCES[path];
  throw new Error(`A page quotes ${path}: add it to SOURCES in pages_test.ts`);
}

for (const [path, page] of Object.entries(PAGES)) {
  Deno.test(
    `The quotations in ${path} are up to date: if not, run deno task ` +
      `docs`,
    async () => {
      assertEquals(await refresh(page, source), page);
    },
  );
}

const read = needs("read");

read.test("All pages of docs/ are tested here (needs read)", () => {
  const pages = [...Deno.readDirSync(`${ROOT}docs`)]
    .map(({ name }) => `docs/${name}`).filter((path) => path.endsWith(".md"));
  assertEquals(["README.md", ...pages.sort()], Object.keys(PAGES));
});

Deno.test("refresh() quotes a declaration, lines, a place and a trace", async () => {
  const quote = async (marker: string) => {
    const page = `<!-- ${marker} -->\n\`\`\`x\nold\n\`\`\`\n`;
    return (await refresh(page, source)).trim().split("\n").slice(2, -1);
  };
  assertEquals(await quote("code: lib/lock.ts Lock.locked"), [
    "get locked(): boolean {",
    "  return this.#held;",
    "}",
  ]);
  assertEquals(
    await quote('code: lib/lock.ts "get locked()" to "return this.#held"'),
    ["get locked(): boolean {", "  return this.#held;"],
  );
  const place =
    "<!-- at: lib/lock.ts Lock.#guard -->\nSee [it](x#L1). There is more.";
  assertMatch(
    await refresh(place, source),
    /\nSee \[lib\/lock\.ts, line (\d+)\]\(\.\.\/lib\/lock\.ts#L\1\)\. There/,
  );
  assertMatch(
    await refresh("<!-- trace: grace -->\n```text\n```", source),
    /\n```text\n {2}ms \| Alice[^]*has ended/,
  );
});

Deno.test("refresh() refuses to quote what is missing", async () => {
  const page = (marker: string) => `<!-- ${marker} -->\n\`\`\`x\nold\n\`\`\`\n`;
  for (
    const [marker, why] of [
      ["code: lib/lock.ts Lock.nothing", "declares no Lock.nothing"],
      ["code: lib/lock.ts Guard.acquire", "declares no Guard.acquire"],
      ['code: lib/lock.ts "nowhere" to "x"', "0 lines with nowhere"],
      ['code: lib/lock.ts "release" to "x"', "lines with release"],
      ['code: lib/lock.ts "get locked()" to "nowhere"', "no end"],
      ["code: lib/lock.ts", "quote nothing"],
    ]
  ) await assertRejects(() => refresh(page(marker), source), Error, why);
  const trace = "<!-- trace: nothing -->\n```text\n```";
  await assertRejects(
    () => refresh(trace, source),
    Error,
    "no scenario nothing",
  );
});

Deno.test("Every line of code on the pages is quoted from a file, or a command", () => {
  for (const [path, page] of Object.entries(PAGES)) {
    const lines = page.split("\n");
    const fences = lines.flatMap((line, i) =>
      /^ *(```|~~~)/.test(line) ? [i] : []
    );
    assertEquals(fences.length % 2, 0, path);
    fences.filter((_, nth) => nth % 2 === 0).forEach((at) => {
      if (/^ *```(sh|console)$/.test(lines[at])) return;
      assertMatch(lines[at - 1], /^<!-- (code|trace): /, `${path}: ${at + 1}`);
    });
  }
});

/** Returns the anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = page.replaceAll(/^```[^]*?^```$/gm, "").match(/^#+ .+$/gm) ??
    [];
  return headings.map((heading) =>
    heading.replace(/^#+ /, "").toLowerCase().replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-")
  );
}

read.test("Every link of a page leads to a file, and to a heading if it names one (needs read)", () => {
  let links = 0;
  for (const [path, page] of Object.entries(PAGES)) {
    for (const [, link] of page.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const { pathname, hash } = new URL(link, `file:///${path}`);
      const target = pathname.slice(1);
      assert(Deno.statSync(ROOT + target).isFile, `${path}: ${link}`);
      if (hash && target in PAGES) {
        const anchors = anchorsOf(PAGES[target]);
        assert(anchors.includes(hash.slice(1)), `${path}: ${link}`);
      }
      links++;
    }
  }
  assert(links > 30, `only ${links} links were found`);
});

Deno.test("README.md has at most 180 lines", () => {
  assert(readme.trimEnd().split("\n").length <= 180);
});
