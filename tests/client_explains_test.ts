// What the client says to a student whose file or server is not right.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { needs } from "./support/needs.ts";
import { ALICE, encode, json, Peer } from "./support/peers.ts";
import { checkStudent } from "../lib/cli/client_student.ts";
import { Failure } from "../lib/cli/program.ts";
import type { Message, MessageMap } from "../lib/formats/formats.ts";
import { copyProject } from "../tools/teach/faults/copy.ts";
import {
  ALICE_FLAGS,
  client,
  listening,
  Program,
  server,
} from "../tools/processes/program.ts";

const runNet = needs("run", "net");
const files = needs("run", "read", "write", "net");
const terminal = needs("run", "net", "pty");

Deno.test("checkStudent() names the field of clienthelper.ts that is missing, empty or of a wrong type", () => {
  const { student_name: _, ...nameless } = ALICE;
  for (
    const [student, why] of [
      [
        { ...nameless, student_name: undefined },
        "student_name is missing in clienthelper.ts (Python's None is null)",
      ],
      [
        { ...ALICE, sid: undefined },
        "sid is missing in clienthelper.ts (Python's",
      ],
      [
        { ...ALICE, student_name: "" },
        "student_name is empty in clienthelper.ts",
      ],
      [{ ...ALICE, sid: "" }, "sid is empty in clienthelper.ts"],
      [
        { ...ALICE, student_name: 7 },
        "student_name in clienthelper.ts must be text, not an integer",
      ],
      [
        { ...ALICE, github_username: ["a"] },
        "github_username in clienthelper.ts must be text, not a list",
      ],
      [
        { ...ALICE, sid: 1.5 },
        "sid in clienthelper.ts must be an integer or text, not a float",
      ],
      [
        { ...ALICE, sid: () => 1 },
        "sid in clienthelper.ts must be an integer or text, not a function",
      ],
    ] as const
  ) {
    // As the helper makes it: it takes only the fields that it knows.
    assertThrows(
      () => checkStudent(student as Message, student),
      Failure,
      why,
    );
  }
  for (
    const [student, why] of [
      [
        { Student_Name: "Alice" },
        'student_name is missing in clienthelper.ts (there is "Student_Name")',
      ],
      [
        { ...nameless, nickname: "A", id: 1 },
        'student_name is missing in clienthelper.ts (it has: "github_username", "sid", "nickname", "id")',
      ],
      [
        { ...nameless, name: "A" },
        'student_name is missing in clienthelper.ts (there is "name")',
      ],
    ] as const
  ) {
    const { student_name, github_username, sid } = student as MessageMap;
    const request = { student_name, github_username, sid };
    const error = assertThrows(
      () => checkStudent(request as unknown as Message, student),
      Failure,
    );
    assertEquals(error.message, why);
  }
  for (
    const student of [
      ALICE,
      { ...ALICE, github_username: "" },
      { student_name: null, github_username: null, sid: null },
      { ...ALICE, sid: "007" },
      { ...ALICE, sid: 2n ** 64n },
    ]
  ) checkStudent(student, student);
});

files.test("client says what is wrong in an edited clienthelper.ts, and does not connect (needs run, read, write, net)", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(folder);
    const path = `${folder}/clienthelper.ts`;
    const before = await Deno.readTextFile(path);
    await Deno.writeTextFile(
      path,
      before.replace("  student_name: ", "  name: "),
    );
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = `${listener.addr.port}`;
    const args = [
      "run",
      "--no-prompt",
      "--allow-net",
      "client.ts",
      "--port",
      port,
    ];
    await using ours = new Program(Deno.execPath(), args, { cwd: folder });
    assertEquals(await ours.ended(), {
      code: 1,
      stdout: "",
      stderr: 'student_name is missing in clienthelper.ts (there is "name")\n',
    });
    // A flag gives what the file lacks: it connects.
    const named = [...args, "--name", "Bob Chen"];
    await using _bob = new Program(Deno.execPath(), named, { cwd: folder });
    using _conn = await listener.accept();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

runNet.test("client says after three seconds that a server does not greet it, and goes on when it does (needs run, net)", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  // This one is greeted, and connects first: its three seconds end first, too.
  await using greeted = client("--port", `${port}`);
  using other = new Peer(await listener.accept());
  await other.send({ clientid: 6 });
  await other.receive();
  await other.send(1);
  await greeted.stdout.match(/passed the test/);
  const since = performance.now();
  await using ours = client("--port", `${port}`);
  using peer = new Peer(await listener.accept());
  await ours.stderr.match(
    /^connected, but no greeting yet: is it the lab's server, with the same --wire\?\n$/,
  );
  assert(performance.now() - since >= 3000);
  assertEquals([ours.stdout.text, greeted.stderr.text], ["", ""]);
  await peer.send({ clientid: 7 });
  await peer.receive();
  await ours.stderr.match(/\ngreeted, but no answer yet: does the server read/);
  await peer.send(1);
  await ours.stdout.match(/passed the test\n/);
});

runNet.test("client says what a server looks like that speaks HTTP or another --wire (needs run, net)", async () => {
  const http = new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n");
  for (
    const [sent, wire, why] of [
      [
        http,
        "pickle",
        /answers HTTP: it is a web server, not the lab's\. Check --host/,
      ],
      [
        http,
        "json",
        /answers HTTP: it is a web server, not the lab's\. Check --host/,
      ],
      [
        encode([{ clientid: 7 }], json),
        "pickle",
        /sends JSON, and this client expects pickle: start it with --wire json\n$/,
      ],
      [
        encode([{ clientid: 7 }]),
        "json",
        /sends a pickle, and this client expects json: start it with --wire pickle\n$/,
      ],
      [
        Uint8Array.of(7, 7, 7),
        "pickle",
        /sent bytes that are not a message\. Is it the lab's server, with the same --wire\? Cannot read the pickle: these bytes are not what/,
      ],
      [
        new TextEncoder().encode("hello\n"),
        "pickle",
        /sent text, and this client expects pickle\. Is it the lab's server, with the same --wire\?\n$/,
      ],
    ] as const
  ) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    await using ours = client("--port", `${port}`, "--wire", wire);
    using peer = new Peer(await listener.accept());
    await peer.sendBytes(sent);
    const { code, stdout, stderr } = await ours.ended();
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, why);
    assert(stderr.startsWith(`The server at 127.0.0.1/${port} `), stderr);
  }
});

const STILL = "Still connected, as the lab asks. Ctrl-C leaves.";

/** Runs a client on a terminal, with the student in clienthelper.ts. */
function exampleOnTerminal(...args: string[]): Program {
  const script = "import pty, sys; pty.spawn(sys.argv[1:])";
  const ours = ["run", "--quiet", "--no-prompt", "--allow-net", "client.ts"];
  return new Program("python3", [
    ...["-c", script, Deno.execPath(), ...ours, ...args],
  ]);
}

/** Runs a client on a terminal, with flags for the student. */
function onTerminal(...args: string[]): Program {
  return exampleOnTerminal(...ALICE_FLAGS, ...args);
}

terminal.test("client says on a terminal that it stays connected, but not with --once or --repeat (needs run, net, pty)", async () => {
  await using ours = server("--port", "0");
  const port = await listening(ours);
  await using stays = onTerminal("--port", port);
  const [shown] = await stays.stdout.match(/[^]*Ctrl-C leaves\.\r\n/);
  assert(shown.endsWith(`passed the test\r\n${STILL}\r\n`), shown);
  await using once = onTerminal("--port", port, "--once");
  assert(!(await once.ended()).stdout.includes("Still"));
  await using many = onTerminal("--port", port, "--repeat", "3");
  await many.stdout.match(/3 of 3 requests/);
  assert(!many.stdout.text.includes("Still"));
  // A refused request does not end the connection, either.
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using refused = onTerminal("--port", `${listener.addr.port}`);
  using peer = new Peer(await listener.accept());
  await peer.send({ clientid: 7 });
  await peer.receive();
  await peer.send({ error: "no" });
  await refused.stdout.match(/refused the request: no\r\nStill connected/);
  // stdout has the lab's transcript and nothing else.
  await using piped = client("--port", port);
  await piped.stdout.match(/passed the test\n$/);
  ours.kill("SIGTERM");
  const { stdout, stderr } = await piped.ended();
  assertEquals(stdout.trim().split("\n").length, 2);
  assert(!stderr.includes("Still"), stderr);
});

terminal.test("client says on a terminal that it sent the example student, and what replaces it (needs run, net, pty)", async () => {
  await using ours = server("--port", "0");
  const port = await listening(ours);
  await using alice = exampleOnTerminal("--port", port, "--once");
  const { stdout: shown } = await alice.ended();
  const note = "passed the test\r\n" +
    "You still send the example's student_name, github_username, sid.\r\n" +
    "Put your own into clienthelper.ts, or use --name, --github, --sid.\r\n";
  assert(shown.endsWith(note), shown);
  // A field from a flag is meant, also if it has the same value.
  await using named = exampleOnTerminal(
    ...["--name=Bob Chen", "--github=abrown", "--port", port, "--once"],
  );
  assertMatch(
    (await named.ended()).stdout,
    /example's sid\.\r\nPut your own into clienthelper\.ts, or use --sid\.\r\n$/,
  );
  await using flagged = onTerminal("--port", port, "--once");
  assertMatch((await flagged.ended()).stdout, /passed the test\r\n$/);
  // A pipe gets the lab's transcript and nothing else.
  await using piped = new Program(Deno.execPath(), [
    ...["run", "--quiet", "--no-prompt", "--allow-net", "client.ts"],
    ...["--port", port, "--once"],
  ]);
  assertEquals((await piped.ended()).stderr, "");
});
