// deno-lint-ignore-file no-control-regex -- the tests look for control characters

import { assert, assertEquals, assertMatch } from "@std/assert";
import { bigLetters } from "../lib/cli/big_letters.ts";
import { addressesAt } from "../lib/cli/listening.ts";
import { showClassroom, type Size } from "../lib/cli/classroom.ts";
import { maskedLine } from "../lib/students/student.ts";
import { ALICE, fields, Peer } from "./support/peers.ts";
import { needs } from "./support/needs.ts";
import { client, listening, Program } from "../tools/processes/program.ts";
import type { Address } from "../lib/net.ts";
import { until } from "../lib/testing/soon.ts";

const run = needs("run");
const runNet = needs("run", "net");
const terminal = needs("run", "pty");

/** A screen that records what is drawn on it, and the state that is drawn. */
class Stage implements AsyncDisposable {
  size: Size | undefined;
  drawn: string[] = [];
  reports: string[] = [];
  state = {
    addresses: ["192.0.2.7", "192.0.2.8"],
    port: 12000,
    connected: 0,
    acknowledged: 0,
  };
  /** Returns the promise that a write waits for. */
  taken: () => Promise<void> = () => Promise.resolve();
  #over = new AbortController();
  #shown: Promise<void>;

  constructor(size?: Size) {
    this.size = size;
    this.#shown = showClassroom(
      () => this.state,
      {
        size: () => this.size,
        write: (text) => {
          this.drawn.push(text);
          return this.taken();
        },
      },
      (line) => this.reports.push(line),
      this.#over.signal,
    );
  }

  /** Ends the display. A second call waits for the same end. */
  async [Symbol.asyncDispose]() {
    this.#over.abort();
    await this.#shown;
  }
}

const NOBODY =
  "At 192.0.2.7, port 12000: 0 clients connected, 0 students acknowledged";

Deno.test("showClassroom() draws the address and the counts above a scrolling region, and resets the terminal at the end", async () => {
  await using stage = new Stage({ columns: 100, rows: 30 });
  const [first] = stage.drawn;
  for (const line of bigLetters("192.0.2.7", 100)!) {
    assert(first.includes(line));
  }
  for (const line of bigLetters("12000", 100)!) assert(first.includes(line));
  assert(first.includes("--host 192.0.2.7 --port 12000, or 192.0.2.8"));
  assert(first.includes("0 connected    0 students acknowledged"));
  assert(first.startsWith("\x1b[r\x1b[2J"));
  assert(first.endsWith("\x1b[17;30r\x1b[30;1H"));
  stage.state = { ...stage.state, connected: 24, acknowledged: 23 };
  await until(() => stage.drawn.length > 1);
  assert(stage.drawn[1].includes("24 connected    23 students acknowledged"));
  // Only the changed part is drawn, and the cursor returns to its place.
  assertMatch(stage.drawn[1], /^\x1b7[^\x07]*\x1b8$/);
  stage.size = { columns: 80, rows: 24 };
  await until(() => stage.drawn.length > 2);
  // The lines on the screen stay.
  assert(!stage.drawn[2].includes("\x1b[2J"));
  assert(stage.drawn[2].endsWith("\x1b[17;24r\x1b[24;1H"));
  await stage[Symbol.asyncDispose]();
  assertEquals(stage.drawn.at(-1), "\x1b[r\x1b[24;1H\n");
  assertEquals(stage.reports, []);
});

Deno.test("showClassroom() draws the port in small text on a low screen, and nothing on a tiny one", async () => {
  await using low = new Stage({ columns: 80, rows: 16 });
  assert(low.drawn[0].endsWith("\x1b[11;16r\x1b[16;1H"));
  await using tiny = new Stage({ columns: 80, rows: 12 });
  await until(() => tiny.reports.length > 0);
  assertEquals(tiny.drawn, []);
  assertEquals(tiny.reports, [NOBODY]);
});

Deno.test("showClassroom() draws nothing without a terminal, and reports the first and the last state as lines", async () => {
  await using stage = new Stage();
  await until(() => stage.reports.length > 0);
  stage.state.connected = 3;
  await stage[Symbol.asyncDispose]();
  assertEquals(stage.reports, [
    NOBODY,
    NOBODY.replace("0 clients", "3 clients"),
  ]);
  assertEquals(stage.drawn, []);
});

Deno.test("showClassroom() waits for a blocked screen, and then draws the newest state", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using stage = new Stage({ columns: 100, rows: 30 });
  await until(() => stage.drawn.length > 0);
  stage.taken = () => promise;
  stage.state.connected = 1;
  await until(() => stage.drawn.length > 1);
  stage.state.connected = 2;
  stage.state.connected = 3;
  resolve();
  await until(() => stage.drawn.length > 2);
  assert(stage.drawn[2].includes("3 connected"));
});

Deno.test("showClassroom() switches to lines when a write to the screen fails", async () => {
  await using stage = new Stage({ columns: 100, rows: 30 });
  await until(() => stage.drawn.length > 0);
  stage.taken = () => Promise.reject(new Error("The terminal is gone"));
  stage.state.connected = 1;
  await until(() => stage.reports.length > 0);
  assertEquals(stage.reports, [NOBODY.replace("0 clients", "1 client")]);
});

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

Deno.test("bigLetters() returns the widest letters that fit", () => {
  assertEquals(bigLetters("1.", 14)?.map((line) => line.trimEnd()), [
    "  ██",
    "████",
    "  ██",
    "  ██",
    "██████  ██",
  ]);
  assertEquals(bigLetters("1.", 5), [
    " █   ",
    "██   ",
    " █   ",
    " █   ",
    "███ █",
  ]);
  assertEquals(bigLetters("1.", 4), undefined);
  assertEquals(bigLetters("x", 100), undefined);
  for (const letter of "0123456789abcdef.: ") {
    const widths = bigLetters(letter, 100)!.map(({ length }) => length);
    assertEquals(new Set(widths).size, 1, letter);
  }
});

Deno.test("maskedLine() shows the last two digits of a number", () => {
  const line = (sid: string | number | bigint | null) =>
    maskedLine({ ...ALICE, sid }).replace(/^.*, sid: /, "");
  assertEquals([
    line(123456789),
    line("0012"),
    line(10n ** 20n),
    line("5"),
    line("a\nb, sid: 77"),
    line(null),
  ], [
    "*******89",
    "**12",
    "*******************00",
    "5",
    "**********77",
    "None",
  ]);
});

const SERVER = ["run", "--quiet", "--no-prompt", "--allow-net"];
const NAMED = [...SERVER, "--allow-sys=networkInterfaces", "--allow-env=TERM"];

run.test("server --classroom listens at all addresses, and prints plain lines if stderr is not a terminal (needs run)", async () => {
  await using server = new Program(Deno.execPath(), [
    ...NAMED,
    ...["server.ts", "--classroom", "--port", "0"],
  ]);
  const [, port] = await server.stdout.match(
    /^Listening at 0\.0\.0\.0\/(\d+)\n/,
  );
  await server.stderr.match(
    /Clients on this network connect|no network address/,
  );
  await using alice = client("--port", port, "--once");
  assertEquals((await alice.ended()).code, 0);
  await server.stdout.match(/\nConnected: .* sid: \*{7}89\n/);
  await server.stderr.match(/1 student acknowledged\n/);
  server.kill("SIGTERM");
  const { code, stderr } = await server.ended();
  assertEquals(code, 0);
  assert(!stderr.includes("\x1b"), stderr);
});

runNet.test("server --classroom listens at the address of --host, and --mask-sid works without --classroom (needs run, net)", async () => {
  await using classroom = new Program(Deno.execPath(), [
    ...SERVER,
    ...["server.ts", "--classroom", "--port", "0", "--host", "127.0.0.1"],
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

  const { program, addr } = await start("--classroom");
  await using classroom = program;
  for (let i = 0; i < 9; i++) {
    assertEquals(await bring(addr, 25, 25 * i), 20, `connection ${i}`);
  }
  assertEquals(await bring(addr, 20), 20); // they are known
  using mallory = await Peer.greeted(addr);
  await mallory.send({ ...ALICE, student_name: "Mallory", sid: "123456007" });
  assertEquals(await mallory.receive(), 1);
  await classroom.stderr.match(
    /doubtful: this sid came with the name Alice Brown before\. .*Mallory.* sid: \*{7}07\n/,
  );
  mallory.conn.close();
  assertEquals(await bring(addr, 25, 1000), 19); // Mallory is new, too
  assertEquals(await bring(addr, 25, 2000), 0);
  assertEquals(await bring(addr, 20), 20);
  assertEquals(await meet(addr, 105), 100);

  const given = await start(
    ...["--classroom", "--max-clients-per-address", "3"],
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

/** Starts a program on a terminal of 100 columns and 30 rows, made by Python. */
function onTerminal(term: string, ...args: string[]): Program {
  const script = "import pty, sys; pty.spawn(sys.argv[1:])";
  const sized = 'stty cols 100 rows 30; exec "$@"';
  return new Program("python3", [
    ...["-c", script, "sh", "-c", sized, "sh", Deno.execPath(), ...NAMED],
    ...args,
  ], { env: { TERM: term } });
}

terminal.test("server --classroom draws on a terminal, but not on a dumb one (needs run, pty)", async () => {
  const args = ["server.ts", "--classroom", "--port", "0"];
  await using drawing = onTerminal("xterm", ...args);
  const [, port] = await drawing.stdout.match(
    /Listening at 0\.0\.0\.0\/(\d+)/,
  );
  await drawing.stdout.match(/\x1b\[17;30r/);
  await drawing.stdout.match(/--host (?!0\.0\.0\.0)/);
  await drawing.stdout.match(/0 connected {4}0 students acknowledged/);
  await using alice = client("--port", port);
  await drawing.stdout.match(/1 connected {4}1 student acknowledged/);
  await using dumb = onTerminal("dumb", ...args);
  await dumb.stdout.match(/0 clients connected, 0 students acknowledged/);
  assert(!dumb.stdout.text.includes("\x1b["), dumb.stdout.text);
  assertEquals(alice.stderr.text, "");
});
