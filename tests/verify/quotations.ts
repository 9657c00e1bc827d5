// Checks that programs print what the pages quote. Numbers may differ,
// such as ports, and a line of three dots stands for lines that are left out.

import { assert, assertEquals } from "@std/assert";
import { Client } from "../../client.ts";
import { lines } from "../../lib/formats/formats.ts";
import {
  client,
  listening,
  Program,
  ROOT,
  server,
} from "../../tools/processes/program.ts";
import { needs } from "../support/needs.ts";

const python3 = needs("python3");

/** The lines of all console blocks of a page. */
function blocksOf(page: string): string[][] {
  const text = Deno.readTextFileSync(ROOT + page);
  const blocks = text.matchAll(/^( *)```console\n([^]*?)^ *```$/gm);
  return Array.from(
    blocks,
    ([, indent, block]) =>
      block.trimEnd().split("\n").map((line) => line.slice(indent.length)),
  );
}

/** The block of a page whose first line is this command. */
function blockOf(page: string, command: string): string[] {
  const [first, ...more] = blocksOf(page).filter(([line]) => line === command);
  assert(first, `${page} does not have ${command}`);
  assertEquals(more, []);
  return first.slice(1);
}

/** A line of which only the words count. */
function words(line: string): string {
  return line.replaceAll(/\d+/g, "0").replaceAll(/\s+/g, " ").trim();
}

/** Asserts that a program printed each line that a page quotes. */
function assertPrinted(quoted: readonly string[], printed: string): void {
  const lines = printed.split("\n").map(words);
  for (const line of quoted) {
    if (line !== "...") assert(lines.includes(words(line)), line);
  }
}

async function printedBy(...args: string[]): Promise<string> {
  await using program = new Program(Deno.execPath(), args);
  const { stdout, stderr } = await program.ended(5);
  assert(stdout, stderr);
  return stdout;
}

Deno.test("README.md quotes the demo", async () => {
  const quoted = blockOf("README.md", "$ npx --yes deno@2.9.6 task demo");
  assertPrinted(quoted, await printedBy("task", "--quiet", "demo"));
});

Deno.test("README.md quotes break", async () => {
  const command = ["task", "break", "answer-before-record"];
  const quoted = blockOf("README.md", `$ deno ${command.join(" ")}`);
  assertPrinted(quoted, await printedBy(...command));
});

python3.test("README.md quotes the report of the grader (needs python3)", async () => {
  const quoted = blockOf(
    "README.md",
    '$ deno task grade --spawn "python3 server.py" --cwd ../alice',
  );
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const theirs = `${ROOT}tests/python/lab_server.py`;
    await Deno.copyFile(theirs, `${folder}/server.py`);
    const report = await printedBy(
      ...["task", "grade", "--spawn", "python3 server.py", "--cwd", folder],
      ...["--only", "banner,greeting,one-segment"],
    );
    assertPrinted(quoted, report);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("README.md quotes what the lab's programs print", async () => {
  await using ours = server("--port", "0");
  const port = await listening(ours);
  await using alice = client("--port", port);
  await alice.stdout.match(/passed/);
  const bob = ["--name", "Bob Chen", "--github", "bchen", "--sid", "987654321"];
  await using second = client("--port", port, ...bob);
  await second.stdout.match(/passed/);
  await ours.stdout.match(/Bob Chen/); // its pipe may be slower than the answer
  assertPrinted(blockOf("README.md", "$ deno task client"), alice.stdout.text);
  for (const block of blocksOf("README.md")) {
    if (block.some((line) => line.startsWith("Listening"))) {
      assertPrinted(
        block.filter((line) => !/^\$/.test(line)),
        ours.stdout.text,
      );
    }
  }
});

/**
 * Plays a session of `nc` that a page quotes: requests and their answers, and
 * before them a greeting if there is one.
 */
async function playSession(
  session: readonly string[],
  port: string,
): Promise<void> {
  await using client = new Client({
    port: Number(port),
    wire: lines,
    answerTimeout: 20,
  });
  await client.connect();
  const greeting = session.slice(0, session.length % 2);
  for (const line of greeting) {
    assertEquals(words(await client.receive() ?? ""), words(line));
  }
  for (let i = greeting.length; i < session.length; i += 2) {
    const answer = await client.request(session[i]);
    assertEquals(words(answer), words(session[i + 1]));
  }
}

const SESSIONS = [
  ["README.md", "upper"],
  ["docs/building.md", "upper"],
  ["docs/building.md", "counter"],
  ["docs/building.md", "adder"],
];

for (const [page, name] of SESSIONS) {
  Deno.test(`${page} quotes what examples/${name}.ts answers, client after client`, async () => {
    const session = blockOf(page, `$ nc 127.0.0.1 12000 # ${name}.ts`);
    const [program, port] = await example(name);
    await using _program = program;
    const again = name === "upper" ? 2 : 1; // the others keep a total
    for (let i = 0; i < again; i++) await playSession(session, port);
  });
}

/** Starts an example on a free port. */
async function example(name: string): Promise<[Program, string]> {
  const code = await Deno.readTextFile(`${ROOT}examples/${name}.ts`);
  const anyPort = code.replace("new Server({", "new Server({ port: 0,");
  const program = new Program(Deno.execPath(), ["eval", anyPort]);
  return [program, await listening(program)];
}

Deno.test("docs/protocol.md quotes what the server answers in JSON", async () => {
  const command = "$ deno task server --wire json &";
  const [, ...session] = blockOf("docs/protocol.md", command);
  await using ours = server("--port", "0", "--wire", "json");
  await playSession(session, await listening(ours));
});
