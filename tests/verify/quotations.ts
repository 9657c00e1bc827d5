// Checks that programs print what the pages quote. Numbers may differ,
// such as ports, and a line of three dots stands for lines that are left out.

import { assert, assertEquals } from "@std/assert";
import { FORMATS } from "../../lib/formats/formats.ts";
import { Peer } from "../../lib/testing/peer.ts";
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
 * Plays a session of `nc` that a page quotes: a greeting, then requests and
 * their answers.
 */
async function playSession(
  [greeting, ...rest]: readonly string[],
  port: string,
): Promise<void> {
  const address = { hostname: "127.0.0.1", port: Number(port) };
  using peer = await Peer.connect(address, FORMATS.json);
  const answer = async () => words(JSON.stringify(await peer.receive()));
  assertEquals(await answer(), words(greeting));
  for (let i = 0; i < rest.length; i += 2) {
    await peer.sendBytes(new TextEncoder().encode(`${rest[i]}\n`));
    assertEquals(await answer(), words(rest[i + 1]));
  }
}

Deno.test("README.md quotes what its application answers, client after client", async () => {
  const session = blockOf("README.md", "$ nc 127.0.0.1 12000");
  const [program, port] = await example("upper");
  await using _upper = program;
  for (let i = 0; i < 2; i++) await playSession(session, port);
});

Deno.test("The adder in docs/building.md adds what its clients send, and answers before it ends", async () => {
  const [program, port] = await example("adder");
  await using adder = program;
  const address = { hostname: "127.0.0.1", port: Number(port) };
  using one = await Peer.greeted(address, FORMATS.json);
  using two = await Peer.greeted(address, FORMATS.json);
  for (const peer of [one, two]) await peer.send(1, 1, 1, 1, 1);
  const totals = [...await one.receiveSome(5), ...await two.receiveSome(5)];
  assertEquals(totals.map(Number).sort((a, b) => a - b), [
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  ]);
  await one.send(1, 1, 1);
  assertEquals(await one.receive(), 11);
  adder.kill("SIGINT");
  assertEquals(await one.receiveAll(), [12, 13]);
  assertEquals((await adder.ended()).code, 0);
});

/** Starts an example on a free port. */
async function example(name: string): Promise<[Program, string]> {
  const code = await Deno.readTextFile(`${ROOT}examples/${name}.ts`);
  const anyPort = code.replace("new Server({", "new Server({ port: 0,");
  assert(anyPort !== code);
  const program = new Program(Deno.execPath(), ["eval", anyPort]);
  return [program, await listening(program)];
}

Deno.test("The room in docs/building.md tells others what one client sends, and that it has left", async () => {
  const [program, port] = await example("room");
  await using _room = program;
  const address = { hostname: "127.0.0.1", port: Number(port) };
  const one = await Peer.connect(address, FORMATS.json);
  const { clientid } = await one.receive() as { clientid: number };
  using two = await Peer.greeted(address, FORMATS.json);
  await one.send("hello");
  assertEquals(await two.receive(), [clientid, "hello"]);
  one[Symbol.dispose]();
  assertEquals(await two.receive(), [clientid, "has left"]);
});

Deno.test("The client in docs/building.md gets the responses to its requests", async () => {
  const [program, port] = await example("upper");
  await using _upper = program;
  const code = await Deno.readTextFile(`${ROOT}examples/ask.ts`);
  const asked = code.replace("new Client({", `new Client({ port: ${port},`);
  assertEquals(await printedBy("eval", asked), "TEA MILK\n");
});

Deno.test("docs/protocol.md quotes what the server answers in JSON", async () => {
  const command = "$ deno task server --wire json &";
  const [, ...session] = blockOf("docs/protocol.md", command);
  await using ours = server("--port", "0", "--wire", "json");
  await playSession(session, await listening(ours));
});
