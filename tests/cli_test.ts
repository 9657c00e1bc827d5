import { assert, assertEquals, assertMatch } from "@std/assert";
import { hostError } from "../lib/cli/host_errors.ts";
import { needs } from "./support/needs.ts";
import { FORMATS } from "../lib/formats/formats.ts";
import {
  ALICE,
  ALICES_LINE,
  encode,
  json,
  Peer,
  TestServer,
} from "./support/peers.ts";
import {
  client,
  type Ended,
  listening,
  Program,
  ROOT,
  server,
} from "../tools/processes/program.ts";

const run = needs("run");
const runNet = needs("run", "net");
const files = needs("run", "read", "write");
const unix = needs("run", "net", "Unix");

const PASSED = "Data acknowledged by server and you passed the test\n";
const connectedLine = (port: string) =>
  new RegExp(
    `^\\{'clientid': \\d+\\} has successfully connected to 127\\.0\\.0\\.1/${port}\n`,
  );

function assertOneLine({ stderr }: Ended, expected: RegExp): void {
  assertMatch(stderr, expected);
  assertEquals(stderr.trim().split("\n").length, 1, stderr);
}

run.test("server and client print the lab's transcripts, and exit when the server gets a signal (needs run)", async () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    await using ours = server("--port", "0");
    const port = await listening(ours);
    await using alice = client("--port", port);
    await alice.stdout.match(/passed/);
    await using bob = client(
      "--port",
      port,
      "--name",
      "Bob Chen",
      "--github",
      "bchen",
      "--sid",
      "987654321",
    );
    await bob.stdout.match(/passed/);
    ours.kill(signal);
    const { code, stdout, stderr } = await ours.ended();
    assertEquals(code, 0);
    assertEquals(
      stdout,
      `Listening at 127.0.0.1/${port}\n${ALICES_LINE}\n` +
        "Connected: Student: Bob Chen, Github Username: bchen, sid: 987654321\n",
    );
    assertMatch(stderr, /^\d\d:\d\d:\d\d Ending, with 2 clients connected/);
    for (const program of [alice, bob]) {
      const ended = await program.ended();
      assertEquals(ended.code, 0);
      assertMatch(ended.stdout, connectedLine(port));
      assertEquals(ended.stdout.replace(connectedLine(port), ""), PASSED);
      assertOneLine(
        ended,
        /^\d\d:\d\d:\d\d The server closed the connection\n$/,
      );
    }
  }
});

runNet.test("client exits at Ctrl-C: with 0 after it passed, with 1 before (needs run, net)", async () => {
  await using ours = server("--port", "0");
  const port = await listening(ours);
  await using passed = client("--port", port);
  await passed.stdout.match(/passed/);
  passed.kill("SIGINT");
  assertEquals((await passed.ended()).code, 0);

  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using early = client("--port", `${silent.addr.port}`);
  using _conn = await silent.accept();
  early.kill("SIGINT");
  const ended = await early.ended();
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertOneLine(
    ended,
    /^Stopped before the server had greeted the client\n$/,
  );
});

run.test("client --once exits after the last answer, and --repeat pipelines requests and prints a summary (needs run)", async () => {
  await using ours = server("--port", "0", "--quiet");
  const port = await listening(ours);
  await using many = client("--port", port, "--once", "--repeat", "5000");
  const { code, stdout, stderr } = await many.ended();
  assertEquals(code, 0);
  assertEquals(stdout.replace(connectedLine(port), ""), PASSED);
  assertMatch(
    stderr,
    /5000 of 5000 requests acknowledged in \d+\.\d\d s, \d+ a second, p50 \S+ ms, p99 \S+ ms\n$/,
  );
  ours.kill("SIGTERM");
  const quiet = await ours.ended();
  assertEquals(quiet.stdout, `Listening at 127.0.0.1/${port}\n`);
  assertOneLine(quiet, /Ending, with 0 clients/);
});

runNet.test("client --wait connects when the server starts (needs run, net)", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using waiting = client("--port", `${port}`, "--once", "--wait", "20");
  await using ours = server("--port", `${port}`);
  assertEquals((await waiting.ended()).code, 0);
  await ours.stdout.match(/Connected/);
});

runNet.test("client and server speak JSON with --wire json (needs run, net)", async () => {
  await using ours = server("--port", "0", "--wire", "json");
  const port = await listening(ours);
  await using theirs = client(
    "--port",
    port,
    "--wire",
    "json",
    "--once",
    "--sid",
    "0917292550",
  );
  assertEquals((await theirs.ended()).code, 0);
  await ours.stdout.match(/sid: 0917292550\n/);
  using peer = await Peer.greeted(
    { hostname: "127.0.0.1", port: Number(port) },
    json,
  );
  await peer.send(ALICE);
  assertEquals(await peer.receive(), 1);
});

runNet.test("client reports an answer that is not an acknowledgement, and exits with 1 (needs run, net)", async () => {
  const answers = [
    ["text", "answered 'text', which is not an acknowledgement"],
    [true, "answered True, which"],
    [{ error: "no\x1b[2J" }, "refused the request: no\\x1b[2J"],
    [{ message: "got it" }, "answered {'message': 'got it'}, which"],
  ] as const;
  for (const [answer, said] of answers) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using ours = client("--port", `${listener.addr.port}`, "--once");
    using peer = new Peer(await listener.accept());
    await peer.send(38327); // a bare integer: some of the lab's servers greet with one
    await peer.receive();
    await peer.send(answer);
    const ended = await ours.ended();
    assertEquals(ended.code, 1);
    assertMatch(ended.stdout, /^38327 has successfully connected to [^\n]*\n$/);
    assert(ended.stderr.includes(said), ended.stderr);
    assertEquals(ended.stderr.trim().split("\n").length, 1);
  }
});

for (const wire of ["pickle", "json"] as const) {
  runNet.test(`client shows ten of a flood of messages in ${wire}, counts the others, and exits at Ctrl-C (needs run, net)`, async () => {
    for (const repeat of ["3", "1000000"]) {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      await using ours = client(
        ...["--port", `${port}`, "--wire", wire, "--repeat", repeat],
      );
      using peer = new Peer(await listener.accept(), FORMATS[wire]);
      await peer.send({ clientid: 7 });
      const error = { error: "\u4e2d".repeat(1000) };
      const flood = encode(Array(100).fill(error), FORMATS[wire]);
      const flooding = (async () => {
        for (;;) await peer.sendBytes(flood);
      })().catch(() => {}); // the client has closed
      await ours.stderr.match(/these are only counted\n/);
      ours.kill("SIGINT");
      const { code, stdout, stderr } = await ours.ended();
      await flooding;
      assertEquals(code, 1);
      assertEquals(stdout.trim().split("\n").length, 1, stdout);
      assertMatch(stderr, /\u4e2d{100}\.\.\. \(1000 characters\)\n/);
      assertMatch(stderr, /\d+ more (answer|message)s? not shown\n/);
      assert(stderr.split("\n").length < 30, stderr);
    }
  });
}

runNet.test("client reports that it was rejected, and exits with 1 (needs run, net)", async () => {
  await using test = new TestServer({ maxClients: 0 });
  await using ours = client("--port", `${test.addr.port}`);
  const { code, stdout, stderr } = await ours.ended();
  assertEquals([code, stdout], [1, ""]);
  assertMatch(
    stderr,
    /The server rejected the client: The server is full: it has 0 clients\n/,
  );
});

runNet.test("server --first-request-timeout tells a silent client why it is closed, and its end says how often (needs run, net)", async () => {
  await using ours = server("--port", "0", "--first-request-timeout", "0.2");
  const port = Number(await listening(ours));
  using silent = await Peer.greeted({ hostname: "127.0.0.1", port });
  const error = "The first request must come within 0.2 s";
  assertEquals(await silent.receiveAll(), [{ error }]);
  ours.kill("SIGTERM");
  const { stderr } = await ours.ended();
  assertMatch(stderr, /how often: firstRequestTimeout 1\n$/);
});

runNet.test("server reports in one line that its port is in use, and exits with 1 (needs run, net)", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using ours = server("--port", `${taken.addr.port}`);
  const ended = await ours.ended();
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertOneLine(
    ended,
    /^Cannot listen at 127\.0\.0\.1\/\d+: another program listens there\. .*--port\n$/,
  );
});

run.test("server reports that its address belongs to another machine, and exits with 1 (needs run)", async () => {
  await using ours = server("--host", "192.0.2.1", "--port", "0");
  const ended = await ours.ended();
  assertEquals(ended.code, 1);
  assertOneLine(
    ended,
    /^Cannot listen at 192\.0\.2\.1\/0: this machine does not have/,
  );
});

run.test("server --host 0.0.0.0 says which address to give the clients (needs run)", async () => {
  await using ours = server("--host", "0.0.0.0", "--port", "0");
  await ours.stdout.match(/^Listening at 0\.0\.0\.0\/\d+\n/);
  await ours.stderr.match(
    /connect with --host \S+ --port \d+|has no network address/,
  );
  await using unknowing = new Program(Deno.execPath(), [
    "run",
    "--no-prompt",
    "--allow-net",
    "server.ts",
    "--host=0.0.0.0",
    "--port=0",
  ]);
  await unknowing.stderr.match(/grant --allow-sys=networkInterfaces/);
});

runNet.test("client reports in one line that no server listens, and exits with 1 (needs run, net)", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using ours = client("--port", `${port}`);
  const ended = await ours.ended();
  assertEquals([ended.code, ended.stdout], [1, ""]);
  assertOneLine(
    ended,
    /^Cannot connect to .*: no server listens there\. .*--wait 10\n$/,
  );
});

run.test("client and server report an unknown host name in one line, in plain words (needs run)", async () => {
  for (const host of ["no-such-host.invalid", "a b"]) {
    for (
      const [program, does] of [[client, "connect to"], [
        server,
        "listen at",
      ]] as const
    ) {
      await using ours = program("--host", host);
      const ended = await ours.ended();
      assertEquals(ended.code, 1);
      const why = `Cannot ${does} ${host}/12000: there is no host ${host}`;
      assertOneLine(
        ended,
        new RegExp(
          `^${why}(, or no network to look it up)?\\. Check --host\n$`,
        ),
      );
    }
  }
});

Deno.test("hostError() knows what the systems say of a host that is unknown, not reached or silent", () => {
  const withCode = (code: string) => Object.assign(new Error("x"), { code });
  for (
    const [error, meaning] of [
      [
        new Error(
          "failed to lookup address information: nodename nor servname",
        ),
        "there is no host lab",
      ],
      [
        new Error(
          "failed to lookup address information: Temporary failure in name resolution",
        ),
        "there is no host lab, or no network to look it up",
      ],
      [
        new Error("No such host is known. (os error 11001)"),
        "there is no host lab",
      ],
      [withCode("ENETUNREACH"), "no network of this machine leads there"],
      [withCode("EHOSTUNREACH"), "no network of this machine leads there"],
      [new Deno.errors.TimedOut("x"), "that host does not answer"],
      [new Deno.errors.ConnectionReset("x"), undefined],
      ["text", undefined],
    ] as const
  ) assertEquals(hostError("lab", error), meaning);
});

for (const program of ["server", "client"]) {
  run.test(`${program} names a missing permission in one line, and exits with 1 (needs run)`, async () => {
    await using ours = new Program(Deno.execPath(), [
      "run",
      "--no-prompt",
      `${program}.ts`,
    ]);
    const ended = await ours.ended();
    assertEquals([ended.code, ended.stdout], [1, ""]);
    assertOneLine(
      ended,
      /the permission --allow-net is missing\. .*`deno task \w+`/,
    );
  });

  run.test(`${program} reports a wrong flag in one line, and exits with 2 (needs run)`, async () => {
    const cases: [string[], RegExp][] = [
      [
        ["--port", "x"],
        /^--port takes a whole number from \d to 65535, and got "x"\n$/,
      ],
      [["--port", "65536"], /^--port takes .* got "65536"\n$/],
      [["--port"], /^--port takes .* got nothing\n$/],
      [
        ["--prot", "1"],
        /^There is no flag --prot\. Is it --port\? See --help\n$/,
      ],
      [["--version=1"], /^--version takes no value\n$/],
      [["--ssl"], /^There is no flag --ssl\. See --help\n$/],
      [["-x"], /^There is no flag -x\. See --help\n$/],
      [["--", "x"], /^Cannot take "x": there are only flags, see --help\n$/],
      [["--", "--port", "x"], /^--port takes .*, and got "x"\n$/],
      [["--wire", "xml"], /^--wire takes pickle or json, and got "xml"\n$/],
      [["12000"], /^Cannot take "12000": there are only flags, see --help\n$/],
      [["-5"], /must follow an =, as in --sid=-5\n$/],
    ];
    for (const [args, expected] of cases) {
      await using ours = new Program(Deno.execPath(), [
        "run",
        `${program}.ts`,
        ...args,
      ]);
      const ended = await ours.ended();
      assertEquals([ended.code, ended.stdout], [2, ""]);
      assertOneLine(ended, expected);
    }
  });

  run.test(`${program} --help prints all flags on stdout, and --version prints the version (needs run)`, async () => {
    await using help = new Program(Deno.execPath(), [
      "run",
      `${program}.ts`,
      "--help",
    ]);
    const { code, stdout, stderr } = await help.ended();
    assertEquals([code, stderr], [0, ""]);
    for (const flag of ["host", "port", "wire", "help", "version"]) {
      assertMatch(stdout, new RegExp(`^  --${flag} +\\S`, "m"));
    }
    // Also in short, and as npm passes flags on.
    await using short = new Program(Deno.execPath(), [
      ...["run", `${program}.ts`, "--", "-h"],
    ]);
    assertEquals(await short.ended(), { code, stdout, stderr });
    await using version = new Program(Deno.execPath(), [
      "run",
      `${program}.ts`,
      "--version",
    ]);
    assertMatch((await version.ended()).stdout, /^rollcall \d+\.\d+\.\d+\n$/);
  });
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const copy = isDirectory ? copyFolder : Deno.copyFile;
    await copy(`${from}/${name}`, `${to}/${name}`);
  }
}

files.test("client sends the student from clienthelper.ts, also after an edit (needs run, read, write)", async () => {
  const copy = await Deno.makeTempDir();
  try {
    for (const file of ["deno.json", "deno.lock", "client.ts"]) {
      await Deno.copyFile(ROOT + file, `${copy}/${file}`);
    }
    await copyFolder(`${ROOT}lib`, `${copy}/lib`);
    const helper = await Deno.readTextFile(`${ROOT}clienthelper.ts`);
    await Deno.writeTextFile(
      `${copy}/clienthelper.ts`,
      helper.replace("Alice Brown", "Bob Chen").replace("abrown", "bchen")
        .replace("123456789", "987654321"),
    );
    await using ours = server("--port", "0");
    const port = await listening(ours);
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-net",
      "client.ts",
      "--port",
      port,
      "--once",
    ];
    await using edited = new Program(Deno.execPath(), args, {
      cwd: copy,
      env: { DENO_COVERAGE_DIR: "" }, // a copy's lines do not count
    });
    assertEquals((await edited.ended()).code, 0);
    await ours.stdout.match(
      /^Connected: Student: Bob Chen, Github Username: bchen, sid: 987654321\n/m,
    );
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
});

for (const what of ["closed", "not read"]) {
  runNet.test(`server whose stdout is ${what} still acknowledges its clients, and exits at SIGTERM (needs run, net)`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-net",
        "server.ts",
        "--port",
        "0",
      ],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const stderr = new Response(child.stderr).text();
    const reader = child.stdout.getReader();
    const line = new TextDecoder().decode((await reader.read()).value);
    const port = Number(line.match(/\/(\d+)\n$/)?.[1]);
    if (what === "closed") await reader.cancel();
    using peer = await Peer.greeted({ hostname: "127.0.0.1", port });
    const name = "a".repeat(200); // as many characters as are printed
    const long = { student_name: name, github_username: name, sid: name };
    for (let i = 0; i < 200; i++) { // 13 MB of lines in all
      await peer.send(...Array(100).fill(long));
      assertEquals(await peer.receiveSome(100), Array(100).fill(1));
    }
    peer.conn.close();
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
    await reader.cancel();
    const said = await stderr;
    assertMatch(said, /Ending, with/);
    assertMatch(said, /\d+ lines not shown on stdout at the end\n$/);
    assertMatch(said, /maxWaitingOutput \d{4,}\n/);
    if (what === "closed") {
      assertMatch(said, /Nothing more is shown on stdout: BrokenPipe/);
    }
  });
}

unix.test("server out of file descriptors serves its clients, reports it once, and accepts again when clients leave (needs run, net, Unix)", async () => {
  const command = `ulimit -n 60 && exec '${Deno.execPath()}' run --quiet ` +
    "--no-prompt --allow-net server.ts --port 0";
  await using ours = new Program("sh", ["-c", command]);
  const address = {
    hostname: "127.0.0.1",
    port: Number(await listening(ours)),
  };
  const peers = await Promise.all(
    Array.from({ length: 60 }, () => Peer.connect(address)),
  );
  await ours.stderr.match(/Cannot accept clients: .*\n/);
  const [first, ...others] = peers;
  await first.receive();
  await first.send(ALICE);
  assertEquals(await first.receive(), 1);
  const last = others.at(-1)!;
  for (const peer of others.slice(0, -1)) peer.conn.close();
  await last.receive();
  await last.send(ALICE);
  assertEquals(await last.receive(), 1);
  assertEquals(ours.stderr.text.match(/Cannot accept/g)?.length, 1);
  for (const peer of [first, last]) peer.conn.close();
});
