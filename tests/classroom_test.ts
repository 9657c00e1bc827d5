import { assert, assertEquals, assertMatch } from "@std/assert";
import { addressesAt } from "../lib/cli/listening.ts";
import { Repeats } from "../lib/cli/repeats.ts";
import { lineWithoutNumbers } from "../lib/students/mask.ts";
import { maskedLine } from "../lib/students/student.ts";
import { ALICE, fields, Peer } from "./support/peers.ts";
import { needs } from "./support/needs.ts";
import { client, listening, Program } from "../tools/processes/program.ts";
import type { Address } from "../lib/net.ts";

const run = needs("run");
const runNet = needs("run", "net");

Deno.test("addressesAt() returns the likeliest address first, and no unreachable one", () => {
  const interfaces = ([
    ["lo", "127.0.0.1"],
    ["docker0", "172.17.0.1"],
    ["eth1", "169.254.3.4"],
    ["tun0", "10.8.0.2"],
    ["eth0", "192.0.2.7"],
  ] as const).map(([name, address]) => ({
    name,
    address,
    family: "IPv4" as const,
  }));
  assertEquals(addressesAt("0.0.0.0", () => interfaces), [
    "192.0.2.7",
    "172.17.0.1",
    "10.8.0.2",
  ]);
  assertEquals(addressesAt("::", () => interfaces), []);
  assertEquals(addressesAt("192.0.2.1", () => interfaces), ["192.0.2.1"]);
});

Deno.test("Repeats prints a line once, counts its repeats, and forgets the oldest line", () => {
  const printed: string[] = [];
  using repeats = new Repeats((lines) => printed.push(...lines));
  repeats.print(["a", "b", "a"]);
  assertEquals(printed.splice(0), ["a", "b"]);
  repeats.print(["a"]);
  repeats.end();
  assertEquals(printed.splice(0), ["a (x 3 in all)"]);
  repeats.end();
  assertEquals(printed, []);
  repeats.print(["b"]);
  repeats.print(Array.from({ length: 1000 }, (_, i) => `line ${i}`));
  assertEquals(printed.filter((line) => !line.startsWith("line ")), [
    "b (x 2 in all)", // it is forgotten, so its count is printed now
  ]);
  printed.length = 0;
  repeats.print(["a"]);
  assertEquals(printed, ["a"]);
});

Deno.test("maskedLine() shows the last two digits of a number, and at most half of it", () => {
  const line = (sid: string | number | bigint | null) =>
    maskedLine({ ...ALICE, sid }).replace(/^.*, sid: /, "");
  assertEquals([
    line(123456789),
    line("0012"),
    line(10n ** 20n),
    line("5"),
    line(42),
    line("007"),
    line(1234),
    line(-5),
    line("12 "),
    line("a\nb, sid: 77"),
    line(null),
  ], [
    "*******89",
    "**12",
    "*******************00",
    "*",
    "*2",
    "**7",
    "**34",
    "**",
    "**2",
    "**********77",
    "None",
  ]);
});

Deno.test("maskedLine() masks numbers of five digits and more in all fields, also in groups and where they are cut", () => {
  const line = (student_name: string, github_username = "abrown") =>
    maskedLine({ ...ALICE, student_name, github_username });
  const names = [
    "Li 412777258",
    "412777258",
    "412 777-258 Li",
    "Li 1234",
    "\u0664\u0661\u0662\u0667\u0667",
  ];
  assertEquals(
    names.map((name) =>
      line(name).replace("Connected: Student: ", "").split(", ")[0]
    ),
    [
      "Li *******58",
      "*******58",
      "*********58 Li",
      "Li 1234",
      "***\u0667\u0667",
    ],
  );
  assertMatch(line("Li", "s412777258"), /Username: s\*{7}58, sid/);
  const cut = line(`${"x".repeat(56)}412777258${"y".repeat(60_000)}`);
  assertMatch(cut, /Student: x{56}\*{4}\.\.\. \(60065 characters\),/);
});

Deno.test("lineWithoutNumbers() masks what a client sent, but neither its address nor a limit", () => {
  assertEquals(
    lineWithoutNumbers(
      '127.0.0.1/51234 (Li 412777258) refused: student_name is missing (the keys that came: "412000002")',
    ),
    '127.0.0.1/51234 (Li *******58) refused: student_name is missing (the keys that came: "*******02")',
  );
  const limit =
    "[::1]/51234 refused: A request has more than 65536 bytes in 10000 messages";
  assertEquals(lineWithoutNumbers(limit), limit);
});

const SERVER = ["run", "--quiet", "--no-prompt", "--allow-net"];
const NAMED = [...SERVER, "--allow-sys=networkInterfaces"];

run.test("server --classroom listens at all addresses, counts repeats, and says at its end how the class went (needs run)", async () => {
  await using server = new Program(Deno.execPath(), [
    ...NAMED,
    ...["server.ts", "--classroom", "--port", "0", "--board-port", "0"],
  ]);
  const [, port] = await server.stdout.match(
    /^Listening at 0\.0\.0\.0\/(\d+)\n/,
  );
  await server.stderr.match(
    /Clients on this network connect|no network address/,
  );
  await server.stderr.match(/Board: http:\/\/[\d.]+:\d+\/\n/);
  await server.stderr.match(
    /For the instructor alone:\nhttp:\/\/localhost:\d+\/roster\?token=[\da-f]{32}\n/,
  );
  await using alice = client("--port", port, "--once", "--repeat", "300");
  assertEquals((await alice.ended()).code, 0);
  server.kill("SIGTERM");
  const { code, stdout, stderr } = await server.ended();
  assertEquals(code, 0);
  const [, ...lines] = stdout.trimEnd().split("\n");
  assertEquals(lines.map((line) => line.replace(/^.* sid: /, "")), [
    "*******89",
    "*******89 (x 300 in all)",
  ]);
  assert(
    stderr.includes(
      " In this run: 1 student passed, 0 connections brought no student\n",
    ),
    stderr,
  );
  assert(stderr.includes(" In this run, no request was refused\n"), stderr);
  assert(stderr.includes(" The roster was in memory, and is gone."), stderr);
});

runNet.test("server --classroom listens at the address of --host, and --mask-sid works without --classroom (needs run, net)", async () => {
  await using classroom = new Program(Deno.execPath(), [
    ...SERVER,
    ...["server.ts", "--classroom", "--port", "0", "--host", "127.0.0.1"],
    ...["--board-port", "0"],
  ]);
  await classroom.stdout.match(/^Listening at 127\.0\.0\.1\//);
  await using masked = new Program(Deno.execPath(), [
    ...SERVER,
    ...["server.ts", "--mask-sid", "--port", "0"],
  ]);
  const [, port] = await masked.stdout.match(
    /^Listening at 127\.0\.0\.1\/(\d+)/,
  );
  using peer = await Peer.greeted({
    hostname: "127.0.0.1",
    port: Number(port),
  });
  await peer.send(ALICE);
  assertEquals(await peer.receive(), 1);
  await masked.stdout.match(/sid: \*{7}89\n/);
  await peer.send({ ...ALICE, student_name: "Li 412777258", sid: [1] });
  await peer.receive();
  await masked.stderr.match(
    / 127\.0\.0\.1\/\d+ \(Li \*{7}58\) invalid request: /,
  );
});

runNet.test("server --classroom limits the clients and new students of an address, and given flags come before its limits (needs run, net)", async () => {
  const start = async (...flags: string[]) => {
    const program = new Program(Deno.execPath(), [
      ...SERVER,
      ...["server.ts", "--port", "0", "--host", "127.0.0.1", ...flags],
    ]);
    const hostname = "127.0.0.1";
    return {
      program,
      addr: { hostname, port: Number(await listening(program)) },
    };
  };
  /** How many of `count` new students of one connection are acknowledged. */
  const bring = async (addr: Address, count: number, first = 0) => {
    using peer = await Peer.greeted(addr);
    const students = Array.from(
      { length: count },
      (_, i) => ({ ...ALICE, sid: 123_456_000 + first + i }),
    );
    await peer.send(...students);
    const answers = await peer.receiveSome(count);
    return answers.filter((it) => it === 1).length;
  };
  /** How many of `count` clients are greeted at once. */
  const meet = async (addr: Address, count: number) => {
    const peers: Peer[] = [];
    for (let i = 0; i < count; i++) peers.push(await Peer.connect(addr));
    const said = await Promise.all(peers.map((peer) => peer.receive()));
    for (const peer of peers) peer.conn.close();
    return said.filter((it) => "clientid" in fields(it)).length;
  };

  const { program, addr } = await start("--classroom", "--board-port", "0");
  await using classroom = program;
  for (let i = 0; i < 9; i++) {
    assertEquals(await bring(addr, 25, 25 * i), 20, `connection ${i}`);
  }
  assertEquals(await bring(addr, 20), 20); // they are known
  using mallory = await Peer.greeted(addr);
  await mallory.send({ ...ALICE, student_name: "Mallory", sid: "123456007" });
  assertEquals(await mallory.receive(), 1);
  await classroom.stderr.match(
    / \(Mallory\) doubtful: this sid came with the name Alice Brown before\n/,
  );
  mallory.conn.close();
  assertEquals(await bring(addr, 25, 1000), 19); // Mallory is new, too
  assertEquals(await bring(addr, 25, 2000), 0);
  assertEquals(await bring(addr, 20), 20);
  assertEquals(await meet(addr, 105), 100);

  const given = await start(
    ...["--classroom", "--board-port", "0"],
    ...["--max-clients-per-address", "3"],
    ...["--max-new-per-connection", "2", "--max-new-per-address", "0"],
  );
  await using _given = given.program;
  for (let i = 0; i < 3; i++) {
    assertEquals(await bring(given.addr, 10, 10 * i), 2);
  }
  assertEquals(await meet(given.addr, 5), 3);

  const plain = await start();
  await using _plain = plain.program;
  assertEquals(await bring(plain.addr, 300), 300);
  assertEquals(await meet(plain.addr, 105), 105);
});
