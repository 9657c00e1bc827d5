// deno-lint-ignore-file no-control-regex -- terminals are moved by such characters
// `deno task roster` beside a server that keeps its roster in a file.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  client,
  type Ended,
  listening,
  Program,
} from "../tools/processes/program.ts";
import { FileStore } from "../lib/students/file.ts";
import { ALICE } from "./support/peers.ts";
import { ORIGIN } from "./support/roster.ts";
import { needs } from "./support/needs.ts";

const files = needs("run", "read", "write");
const unix = needs("run", "read", "write", "Unix");
const terminal = needs("run", "read", "write", "pty");

/** A folder in which a server may keep its roster. Disposing it deletes it. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();
  readonly roster = `${this.path}/class.db`;

  /** The words of a command that runs one of our programs, with the permissions of its task. */
  command(program: string): string[] {
    const folder = [`--allow-read=${this.path}`, `--allow-write=${this.path}`];
    return ["run", "--quiet", "--no-prompt", "--allow-net", ...folder, program];
  }

  server(): Program {
    const command = this.command("server.ts");
    const flags = ["--port", "0", "--roster", this.roster];
    return new Program(Deno.execPath(), [...command, ...flags]);
  }

  show(...args: string[]): Program {
    const command = this.command("lib/cli/roster_command.ts");
    return new Program(Deno.execPath(), [...command, ...args]);
  }

  listed(...args: string[]): Promise<Ended> {
    return this.show(this.roster, ...args).ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const BOB = ["--name=Bob Chen", "--github=bchen", "--sid=987654321"];

/** Sends a student to the server at a port: Alice Brown, unless flags say otherwise. */
async function send(port: string, ...flags: string[]): Promise<void> {
  const { code, stderr } = await client("--port", port, "--once", ...flags)
    .ended();
  assertEquals(code, 0, stderr);
}

files.test("roster shows, while the server runs, who has passed and who has not (needs run, read, write)", async () => {
  await using folder = new Folder();
  await using server = folder.server();
  const port = await listening(server);
  await send(port, ...BOB);
  await send(port, "--repeat=3");
  await send(port, "--name=Bob Chen");
  await send(port, "--name=\x1b[2J\n\u674e", "--github==1+1", "--sid=007");

  const table = await folder.listed();
  assertEquals(
    [table.code, table.stderr],
    [0, "3 sids in 4 rows. 2 are doubtful (?): another row has the same sid\n"],
  );
  const [head, ...rows] = table.stdout.trimEnd().split("\n");
  assertMatch(head, /^ +name +account +sid +first seen +last seen +requests /);
  assertEquals(rows.map((row) => row.replace(/ +\d\d:\d\d.*$/, "")), [
    "   \\x1b[2J\\n\u674e  =1+1     007",
    "?  Alice Brown  abrown   123456789",
    "?  Bob Chen     abrown   123456789",
    "   Bob Chen     bchen    987654321",
  ]);
  assertMatch(rows[1], / 3 +\d+ +127\.0\.0\.1$/);

  const json = JSON.parse((await folder.listed("--json")).stdout);
  assertEquals(json[0].student_name, "\x1b[2J\n\u674e");
  const { stdout } = await folder.listed("--csv", "--since=1h");
  assertMatch(stdout, /^"sid",[^]*\r\n"007","[^"]*","'=1\+1",/);
  assertEquals(
    (await folder.listed("--since=2999-01-01", "--json")).stdout,
    "[]\n",
  );

  const list = `${folder.path}/class.csv`;
  await Deno.writeTextFile(list, "sid;name\r\n987654321;Bob\r\n7;Ann\r\n");
  const compared = await folder.listed("--expected", list);
  assertMatch(
    compared.stdout,
    /^sid +name +note\n7 +Ann +007 passed: the same number\?\n\nPassed, but not on the list:\n +name .*note\n(.*\n){3}$/,
  );
  assertEquals([compared.code, compared.stderr], [
    0,
    "Not passed: 1 of 2 students, found by the column sid. " +
    "Passed, but not on the list: 3 rows\n",
  ]);
});

files.test("roster --forget deletes all that the file has of a sid, and the server goes on (needs run, read, write)", async () => {
  await using folder = new Folder();
  await using server = folder.server();
  const port = await listening(server);
  for (let i = 0; i < 3; i++) await send(port, `--github=forgotten${i}`);
  await send(port, ...BOB);

  const asked = await folder.listed("--forget=123456789");
  assertEquals([asked.code, asked.stdout], [2, ""]);
  assertMatch(asked.stderr, /^--forget asks .* add --yes\n$/);
  const unknown = await folder.listed("--forget=5", "--yes");
  assertEquals([unknown.code, unknown.stdout], [1, ""]);
  assertMatch(unknown.stderr, /class\.db has no row with the sid 5\n$/);

  const { code, stdout, stderr } = await folder.listed(
    "--forget=123456789",
    "--yes",
  );
  assertEquals([code, stderr], [0, "3 rows deleted\n"]);
  assertEquals(stdout.match(/forgotten\d/g)?.length, 3);
  for (const { name } of Deno.readDirSync(folder.path)) {
    const text = new TextDecoder().decode(
      Deno.readFileSync(`${folder.path}/${name}`),
    );
    assert(!text.includes("forgotten"), name);
  }

  await send(port);
  server.kill("SIGTERM");
  assertEquals((await server.ended()).code, 0);
  const after = JSON.parse((await folder.listed("--json")).stdout);
  assertEquals(
    after.map(({ github_username }: { github_username: string }) =>
      github_username
    ),
    ["abrown", "bchen"],
  );
});

files.test("roster --forget takes a sid that is empty, or that no command line can have, and names one that is nearly the same (needs run, read, write)", async () => {
  await using folder = new Folder();
  const store = FileStore.open(folder.roster);
  const students = ["", "1\0\u202e2", "\\x00", "412 "].map((sid) => ({
    ...ALICE,
    sid,
  }));
  await store.record([{ students, origin: ORIGIN, at: 1 }]);
  await store.close();
  const near = await folder.listed("--forget=0412", "--yes");
  assertEquals([near.code, near.stdout], [1, ""]);
  assertMatch(
    near.stderr,
    / has no row with the sid 0412\. It has 412\\x20: the same number\?\n$/,
  );
  for (const sid of ["", "1\\x00\\u202e2", "\\x00", "412\\x20"]) {
    const { code, stderr } = await folder.listed(`--forget=${sid}`, "--yes");
    assertEquals([code, stderr], [0, "1 row deleted\n"]);
  }
  assertEquals((await folder.listed("--json")).stdout, "[]\n");
});

files.test("roster --watch prints new rows until Ctrl-C (needs run, read, write)", async () => {
  await using folder = new Folder();
  await using server = folder.server();
  const port = await listening(server);
  await send(port);
  await using watching = folder.show(folder.roster, "--watch");
  await watching.stdout.match(/^name .*\nAlice Brown .*\n$/);
  await send(port);
  await send(port, ...BOB);
  await watching.stdout.match(/^name .*\nAlice Brown .*\nBob Chen .*\n$/);
  watching.kill("SIGINT");
  const { code, stderr } = await watching.ended();
  assertEquals([code, stderr], [0, ""]);
});

unix.test("roster ends in silence if nobody reads on, and prints all to a slow reader (needs run, read, write, Unix)", async () => {
  await using folder = new Folder();
  await using server = folder.server();
  const port = await listening(server);
  // Each name makes a row of over 100 KB as JSON: more than a pipe holds.
  const name = `--name=${"x".repeat(60_000)}`;
  await send(port, name);
  await send(port, name, "--sid=1");
  const command = [
    Deno.execPath(),
    ...folder.command("lib/cli/roster_command.ts"),
  ];
  const through = (filter: string) =>
    new Program("sh", [
      ...["-c", `"$@" | { ${filter}; }`, "sh"],
      ...[...command, folder.roster, "--json"],
    ]).ended();
  assertEquals(await through("head -c 1"), {
    code: 0,
    stdout: "[",
    stderr: "",
  });
  const slow = await through("sleep 2; cat");
  assertEquals(slow.stderr, "");
  assertEquals(JSON.parse(slow.stdout).length, 2);
});

files.test("roster says in one line what it cannot do (needs run, read, write)", async () => {
  await using folder = new Folder();
  const { roster, path } = folder;
  for (
    const [args, code, why] of [
      [[], 2, /^Name the roster/],
      [[roster, "b"], 2, /^Cannot take "b"/],
      [[roster, "--csv", "--json"], 2, /^--csv and --json exclude each other/],
      [[roster, "--watch", "--json"], 2, /^--json and --watch exclude/],
      [[roster, "--forget=1", "--since=1h"], 2, /^--since and --forget/],
      [[roster, "--forget=1", "--expected=a"], 2, /^--expected and --forget/],
      [[roster, "--yes"], 2, /^--yes is only for --forget/],
      [[roster, "--since=soon"], 2, /^--since takes a time .*, and got "soon"/],
      [[roster], 1, /class\.db: there is no roster/],
      [
        ["deno.json"],
        1,
        /^Cannot open deno\.json: it is not in data\/.*: name a file there, as data\/class\.db\./,
      ],
      [["ftp://x/1"], 1, /^Cannot open a roster at ftp:/],
    ] as const
  ) {
    const ended = await folder.show(...args).ended();
    assertEquals([ended.code, ended.stdout], [code, ""]);
    assertMatch(ended.stderr, why);
    assertEquals(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
  }
  await using server = folder.server();
  await listening(server);
  for (
    const [list, why] of [
      [`${path}/none.csv`, /none\.csv: there is no such file/],
      [
        "deno.json",
        /^Cannot read deno\.json: it is not in data\/.*: copy it there\./,
      ],
      [roster, /class\.db: it is not text/],
    ] as const
  ) {
    const ended = await folder.listed("--expected", list);
    assertEquals([ended.code, ended.stdout], [1, ""]);
    assertMatch(ended.stderr, why);
  }
});

terminal.test("roster draws again in its place on a terminal, and asks before it forgets (needs run, read, write, pty)", async () => {
  await using folder = new Folder();
  await using server = folder.server();
  const port = await listening(server);
  await send(port);
  // Python makes the terminal, and types an answer.
  const onTerminal = (typed: string, ...args: string[]) => {
    const script =
      "import os, pty, sys; typed = iter([sys.argv[1].encode()]);" +
      "pty.spawn(sys.argv[2:], lambda fd: os.read(fd, 4096), lambda _: next(typed, b''))";
    const sized = 'stty cols 80 rows 10; exec "$@"';
    const [run, ...command] = folder.command("lib/cli/roster_command.ts");
    const ours = [Deno.execPath(), run, "--allow-env=TERM", ...command];
    return new Program("python3", [
      ...["-c", script, typed, "sh", "-c", sized, "sh"],
      ...[...ours, folder.roster, ...args],
    ], { env: { TERM: "xterm" } });
  };
  await using watching = onTerminal("", "--watch");
  await watching.stdout.match(
    /\x1b\[H\x1b\[2Jname .*\r\nAlice Brown .*\r\n1 sid in 1 row/,
  );
  await send(port, ...BOB);
  await watching.stdout.match(
    /\x1b\[4Aname .*\r\nBob Chen .*\r\nAlice Brown /,
  );

  await using refused = onTerminal("no\n", "--forget=987654321");
  await refused.stdout.match(/Delete 1 row\?[^]*Nothing was deleted/);
  await using agreed = onTerminal("yes\n", "--forget=987654321");
  await agreed.stdout.match(/Delete 1 row\?[^]*1 row deleted/);
  await watching.stdout.match(/\x1b\[5Aname .*\r\nAlice Brown .*\r\n1 sid /);
});
