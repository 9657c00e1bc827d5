// deno-lint-ignore-file no-control-regex -- controls are what this is about

import { assert, assertEquals, assertMatch } from "@std/assert";
import { bigLetters } from "../lib/cli/big_letters.ts";
import { showClassroom, type Size } from "../lib/cli/classroom.ts";
import { maskedLine } from "../lib/roster/student.ts";
import { ALICE, Peer, until } from "./peers.ts";
import { client, Program } from "./programs.ts";

/** A screen that keeps what is drawn, and a class before it. */
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
  #over = new AbortController();
  #shown: Promise<void>;

  constructor(size?: Size) {
    this.size = size;
    this.#shown = showClassroom(
      () => this.state,
      { size: () => this.size, write: (text) => this.drawn.push(text) },
      (line) => this.reports.push(line),
      this.#over.signal,
    );
  }

  async [Symbol.asyncDispose]() {
    this.#over.abort();
    await this.#shown;
  }
}

Deno.test("showClassroom() draws the address and the counts above a region that scrolls, and gives it back", async () => {
  const stage = new Stage({ columns: 100, rows: 30 });
  const [first] = stage.drawn;
  for (const line of bigLetters("192.0.2.7", 100)!) {
    assert(first.includes(line));
  }
  for (const line of bigLetters("12000", 100)!) assert(first.includes(line));
  assert(first.includes("--host 192.0.2.7 --port 12000, or 192.0.2.8"));
  assert(first.includes("0 connected    0 acknowledged"));
  assertMatch(first, /\x1b\[17;30r/);
  stage.state = { ...stage.state, connected: 24, acknowledged: 23 };
  await until(() => stage.drawn.length > 1);
  assert(stage.drawn[1].includes("24 connected    23 acknowledged"));
  // Only what changed is drawn, and the cursor goes back to where it was.
  assertMatch(stage.drawn[1], /^\x1b7.*\x1b8$/s);
  stage.size = { columns: 80, rows: 24 };
  await until(() => stage.drawn.length > 2);
  assertMatch(stage.drawn[2], /\x1b\[17;24r/);
  await stage[Symbol.asyncDispose]();
  assertMatch(stage.drawn.at(-1)!, /\x1b\[r/);
  assertEquals(stage.reports, []);
});

Deno.test("showClassroom() leaves the port small, or everything, where there is no room", async () => {
  await using low = new Stage({ columns: 80, rows: 16 });
  assertMatch(low.drawn[0], /\x1b\[11;16r/);
  await using tiny = new Stage({ columns: 80, rows: 12 });
  assertEquals(tiny.drawn, []);
  assertEquals(tiny.reports, ["0 clients connected, 0 students acknowledged"]);
});

Deno.test("showClassroom() draws nothing on what is no terminal, and says it in lines", async () => {
  await using stage = new Stage();
  assertEquals(stage.reports, ["0 clients connected, 0 students acknowledged"]);
  assertEquals(stage.drawn, []);
});

Deno.test("bigLetters() are as wide as fits", () => {
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

Deno.test("server --classroom listens at all addresses, in plain lines where stderr is no terminal", async () => {
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

Deno.test("server --classroom listens where --host says, and --mask-sid masks without it", async () => {
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
