// `server --board`, as an instructor runs it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseFlags } from "../lib/cli/flags.ts";
import { serverFlags, settled } from "../lib/cli/server_flags.ts";
import { client, listening, Program } from "../tools/processes/program.ts";
import { EventReader } from "./support/event_reader.ts";
import { needs } from "./support/needs.ts";

const run = needs("run");
const runNet = needs("run", "net");
const files = needs("run", "net", "read", "write");

/** Starts a server that may use a folder. */
function start(folder: string, ...flags: string[]): Program {
  return new Program(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", "--allow-net"],
    ...["--allow-sys=networkInterfaces"],
    ...[`--allow-read=${folder}`, `--allow-write=${folder}`],
    ...["server.ts", "--port", "0", ...flags],
  ]);
}

const parse = (...args: string[]) => parseFlags(args, serverFlags);

/** Waits for the links that a server prints. */
async function links(server: Program): Promise<{ site: string; link: string }> {
  const [, site] = await server.stderr.match(/ Board: (\S+)\n/);
  const [, link] = await server.stderr.match(
    / For the instructor alone:\n(http:\S+)\n/,
  );
  assert(link.startsWith(`${site}roster?token=`));
  return { site, link };
}

/** Fetches one of the instructor's pages. */
async function asInstructor(link: string, path: string): Promise<string> {
  const { origin, searchParams } = new URL(link);
  const authorization = `Bearer ${searchParams.get("token")}`;
  const response = await fetch(`${origin}${path}`, {
    headers: { authorization },
  });
  assertEquals(response.status, 200);
  return await response.text();
}

files.test("server --board shows the roster, who is missing, and the students of an earlier run (needs run, net, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const list = `${folder}/class.csv`;
    await Deno.writeTextFile(
      list,
      "sid,name\n123456789,Alice\n987654321,Bob <b>\n",
    );
    const flags = [
      ...["--board-port", "0", "--roster", `${folder}/class.db`],
      ...["--expected", list],
    ];
    {
      await using server = start(folder, ...flags);
      const port = await listening(server);
      const { link } = await links(server);
      for (const name of ["Alice Brown", "Alicia Brown"]) {
        await using alice = client("--port", port, "--once", "--name", name);
        assertEquals((await alice.ended()).code, 0);
      }
      const page = await asInstructor(link, "/roster");
      assertMatch(page, /Not passed yet[^]*Not passed: 1 of 2 students/);
      assertMatch(page, /<td>Bob &lt;b&gt;<\/td>/);
      assertMatch(page, /1 sid in 2 rows\. 2 are doubtful \(\?\)/);
      assertMatch(page, /<td>Alice Brown<\/td>/);
      const csv = await asInstructor(link, "/roster.csv");
      assertMatch(csv, /"123456789","Alicia Brown",/);
    }
    const local = ["--classroom", "--host", "127.0.0.1"];
    await using again = start(folder, ...local, ...flags);
    const port = await listening(again);
    const { site } = await links(again);
    await using events = await EventReader.open(`${site}events`);
    const { data } = await events.next();
    assertEquals([data.passed, data.names], [1, [["89", "Alice Brown"]]]);
    await using cy = client("--port", port, "--once", "--sid", "55555");
    assertEquals((await cy.ended()).code, 0);
    again.kill("SIGTERM");
    const { stderr } = await again.ended();
    assertMatch(
      stderr,
      / In this run: 1 student passed for the first time, 0 connections brought/,
    );
    assertMatch(stderr, / In all, 2 students passed: deno task roster .*\n/);
    assertMatch(
      stderr,
      / Not passed: 1 of 2 students, found by the column sid/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

runNet.test("server --board says that its port is in use, and ends with 1; --classroom alone takes another port (needs run, net)", async () => {
  let taken: Deno.TcpListener | undefined;
  try {
    taken = Deno.listen({ hostname: "127.0.0.1", port: 8000 });
  } catch {
    // Another program has it, which is as good.
  }
  try {
    await using asked = start("data", "--board");
    const { code, stdout, stderr } = await asked.ended();
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^Cannot listen at 127\.0\.0\.1\/8000: another program listens there\. .*--board-port\n$/,
    );
    await using implied = start("data", "--classroom", "--host", "127.0.0.1");
    const { site } = await links(implied);
    assert(!site.includes(":8000/"), site);
    const response = await fetch(site);
    assertMatch(await response.text(), /<dd id="host">127\.0\.0\.1<\/dd>/);
  } finally {
    taken?.close();
  }
});

run.test("server --board says that its port is that of the clients, and --classroom takes another one (needs run)", async () => {
  for (
    const [port, ...flags] of [
      ["8000", "--board"],
      ["12000", "--board-port", "12000"],
    ]
  ) {
    await using server = start("data", "--port", port, ...flags);
    const { code, stdout, stderr } = await server.ended();
    assertEquals([code, stdout], [2, ""]);
    assertEquals(
      stderr,
      `--port ${port} is for clients, and --board-port ${port} for the board: ` +
        "they must differ. Give one of the two flags another number\n",
    );
  }
});

Deno.test("settled() gives the board of --classroom another port if clients have that one", () => {
  const { values } = parse("--classroom", "--port", "8000");
  assertEquals(settled(values).boardPort, 0);
  assertEquals(settled(parse("--classroom").values).boardPort, 8000);
  assertEquals(
    settled(parse("--port", "0", "--board-port", "0").values).boardPort,
    0,
  );
});

files.test("server --board reads the class list again when it has changed, and keeps the one before if it cannot (needs run, net, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const path = `${folder}/class.csv`;
    await Deno.writeTextFile(path, "Name,Student ID\nAlice,412704025\n");
    const flags = ["--board-port", "0", "--expected", path];
    await using wrong = start(folder, ...flags);
    assertEquals(await wrong.ended(), {
      code: 1,
      stdout: "",
      stderr: `Cannot read ${path}: no column is named sid, and the first ` +
        'one has no digits. Are the numbers under "Student ID"? Change this ' +
        "title to sid\n",
    });
    await Deno.writeTextFile(path, "Name,sid\nAlice Brown,123 456 789\n");
    const local = ["--classroom", "--host", "127.0.0.1"];
    await using server = start(folder, ...local, ...flags);
    const port = await listening(server);
    await server.stderr.match(
      /class\.csv: 1 student, numbers in the column sid\n/,
    );
    const { link } = await links(server);
    await using alice = client("--port", port, "--once");
    assertEquals((await alice.ended()).code, 0);
    const seen = async () => await asInstructor(link, "/roster");
    assertMatch(await seen(), /Not passed: 0 of 1 student,/);
    assertMatch(await seen(), /href="\/class\.csv"/);
    assertMatch(
      await asInstructor(link, "/class.csv"),
      /"Alice Brown","123 456 789","yes","20.*Z","Alice Brown",""\r\n/,
    );
    await Deno.writeTextFile(path, "Name,sid\nAnn,1\nBob,2\nCy,123456789\n");
    assertMatch(await seen(), /Not passed: 2 of 3 students,/);
    await server.stderr.match(/class\.csv has changed: 3 students, numbers/);
    await Deno.remove(path);
    assertMatch(
      await seen(),
      /2 of 3 students, [^<]*\. This is the list from before\. Cannot read .*class\.csv: there is no such file\./,
    );
    await seen();
    server.kill("SIGTERM");
    const { code, stderr } = await server.ended();
    assertEquals(code, 0);
    assertEquals(stderr.match(/The list from before stays/g)?.length, 1);
    assertMatch(stderr, /Not passed: 2 of 3 students, found by the column sid/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

files.test("server --board-token-file keeps the token over restarts, and two servers' pages work side by side in one browser (needs run, net, read, write)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const file = `${folder}/token`;
    const flags = ["--board-port", "0", "--board-token-file", file];
    await using missing = start(folder, ...flags);
    const { code, stderr } = await missing.ended();
    assertEquals(code, 1);
    assertEquals(stderr, `Cannot read ${file}: there is no such file\n`);
    for (
      const bad of ["", "short", "x".repeat(201), "a space is in this one"]
    ) {
      await Deno.writeTextFile(file, bad);
      await using server = start(folder, ...flags);
      const { code, stderr } = await server.ended();
      assertEquals([code, stderr], [
        1,
        `${file} must have one line of 16 to 200 letters, digits, or - . _ ~\n`,
      ]);
    }
    const token = crypto.randomUUID();
    await Deno.writeTextFile(file, `${token}\n`);
    await using one = start(folder, ...flags);
    const { link } = await links(one);
    assertEquals(new URL(link).searchParams.get("token"), token);
    await asInstructor(link, "/metrics");
    // A browser sends the cookies of a host to all its ports.
    await using other = start(folder, "--board-port", "0");
    const opened = [link, (await links(other)).link];
    const cookies: string[] = [];
    for (const link of opened) {
      const response = await fetch(link, { redirect: "manual" });
      await response.body?.cancel();
      cookies.push(response.headers.get("set-cookie")!.split(";")[0]);
    }
    assertEquals(new Set(cookies.map((it) => it.split("=")[0])).size, 2);
    const headers = { cookie: cookies.join("; ") };
    for (const link of opened) {
      const response = await fetch(new URL("/live", link), { headers });
      await response.body?.cancel();
      assertEquals(response.status, 200);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

run.test("server --expected and --board-token-file need a board, and a list that can be read (needs run)", async () => {
  for (const flag of ["--expected", "--board-token-file"]) {
    await using without = start("data", flag, "data/class.csv");
    const { code, stderr } = await without.ended();
    assertEquals(code, 2);
    assertEquals(
      stderr,
      `${flag} is for the instructor's pages: add --board\n`,
    );
  }
  await using missing = start("data", "--board", "--expected", "data/no.csv");
  const ended = await missing.ended();
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertEquals(
    ended.stderr,
    "Cannot read data/no.csv: there is no such file\n",
  );
});
