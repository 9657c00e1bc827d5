// Short runs of the benchmarks, and a check that the patches of the choices fit.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { delay } from "@std/async/delay";
import { copyProject } from "../../tools/teach/faults/copy.ts";
import { patchFolder } from "../../tools/teach/faults/patch.ts";
import { needs } from "../support/needs.ts";
import { type Ended, Program, ROOT } from "../../tools/processes/program.ts";

const linux = needs("Linux");

/**
 * Runs an echo server that pauses once, for 300 ms, when it has received
 * `after` bytes.
 */
async function serveWithAStop(listener: Deno.Listener, after: number) {
  let bytes = 0;
  let stop = Promise.resolve();
  const serve = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(65_536);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      if (bytes < after && (bytes += count) >= after) stop = delay(300);
      await stop;
      await conn.write(buffer.subarray(0, count));
    }
    conn.close();
  };
  const serving: Promise<void>[] = [];
  try {
    for await (const conn of listener) serving.push(serve(conn));
  } finally {
    await Promise.all(serving);
  }
}

/** The part of the output of `load.ts` that is compared. */
interface Seen {
  requests: number;
  p50: number;
  p99: number;
  p999: number;
}

/**
 * Loads such a server with 10 clients for a second. Resolves to what the load
 * measured.
 */
async function seen(rate: number): Promise<Seen> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = serveWithAStop(listener, 83 * 800);
  const { port } = listener.addr as Deno.NetAddr;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-all", "bench/compare/load.ts"],
      ...["echo", port, Deno.pid, 10, 1, 500, 1000, rate].map(String),
    ],
    cwd: ROOT,
  }).output();
  listener.close();
  await served;
  return JSON.parse(new TextDecoder().decode(stdout));
}

linux.test("the open loop measures all requests that were due while a server paused (needs Linux)", async () => {
  // The pause begins after 800 ms, and 300 of the 1,000 requests are due in it.
  const open = await seen(1000);
  assert(open.p50 < open.p99 && open.p99 <= open.p999);
  assert(open.p99 > 200, `${open.p99} ms`);
  assertEquals(Math.round(open.requests / 100), 10);
  // Clients in a closed loop send nothing during the pause.
  const closed = await seen(0);
  assert(closed.requests > open.requests);
});

Deno.test("each choice can be switched off: its patch fits the current code", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    const patches = [...Deno.readDirSync(`${ROOT}bench/choices`)]
      .map(({ name }) => name).filter((name) => name.endsWith(".patch"));
    assert(patches.length > 10);
    for (const name of patches) {
      await t.step(name, async () => {
        const path = `${ROOT}bench/choices/${name}`;
        const file = await Deno.readTextFile(path);
        await copyProject(folder);
        await patchFolder(file.slice(file.indexOf("--- a/")), folder);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Runs a file of `bench/`, in a copy of the project if a folder is given. */
async function bench(
  script: string,
  flags: readonly string[],
  options?: Deno.CommandOptions,
): Promise<Ended> {
  await using program = new Program(Deno.execPath(), [
    ...["run", "--quiet", "--allow-all", `bench/${script}.ts`, ...flags],
  ], options);
  return await program.ended(5);
}

/** The head of every output: the processor, its cores, Deno's version, the date. */
const MACHINE = /^.+, \d+ cores, Deno [\d.]+, \d{4}-\d\d-\d\d\n\n/;

for (
  const [script, ...flags] of [
    ["compare", "--quick", "--against", "HEAD"],
    ["choices", "--quick", "--rounds", "1", "--only", "One write"],
  ]
) {
  linux.test(`bench/${script}.ts ${flags.join(" ")} says on which machine it measures, and prints a table (needs Linux)`, async () => {
    const { code, stdout, stderr } = await bench(script, flags);
    assertEquals(code, 0, stdout + stderr);
    assertMatch(stdout, MACHINE);
    assertMatch(
      stdout.replace(MACHINE, ""),
      /^.*(\bprocessor|µs per request).*\n.*\d\.\d/,
    );
  });
}

linux.test("bench/compare.ts measures all its parts, and --against compares with that run on the same machine only (needs Linux)", async () => {
  const all = await bench("compare", ["--quick", "--json"]);
  assertEquals(all.code, 0, all.stderr);
  const saved = JSON.parse(all.stdout);
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { Rollcall } = saved.throughput;
    saved.throughput = { Rollcall };
    await Deno.writeTextFile(path, JSON.stringify(saved));
    const against = ["--quick", "--against", path];
    const same = await bench("compare", against);
    assertEquals(same.code, 0, same.stderr);
    assertMatch(same.stdout, MACHINE);
    assertMatch(same.stdout, /: processor time per request .*\nRollcall +\d/);
    const { processor } = saved.machine;
    saved.machine.processor = `Not ${processor}`;
    await Deno.writeTextFile(path, JSON.stringify(saved));
    const { code, stdout, stderr } = await bench("compare", against);
    assertEquals([code, stdout], [1, ""]);
    assert(stderr.includes(`measured on Not ${processor}, `), stderr);
    assert(stderr.includes(`and this is ${processor}, `), stderr);
  } finally {
    await Deno.remove(path);
  }
});

linux.test("bench/compare.ts --against says in one line that there is no such commit, no checkout or no git (needs Linux)", async () => {
  const parent = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    await copyProject(`${parent}/copy`);
    await Deno.mkdir(`${parent}/bin`);
    await Deno.symlink("/bin/sh", `${parent}/bin/sh`);
    const outside = {
      cwd: `${parent}/copy`,
      env: { GIT_CEILING_DIRECTORIES: parent },
    };
    for (
      const [revision, options, line] of [
        ["nosuch", {}, "git has no commit nosuch: --against takes a commit"],
        ["--all", {}, "git has no commit --all: --against takes a commit"],
        ["HEAD", outside, "--against HEAD needs a git checkout, and this"],
        [
          "HEAD",
          { env: { PATH: `${parent}/bin` } },
          "--against HEAD needs git",
        ],
      ] as const
    ) {
      const flags = [`--against=${revision}`];
      const { code, stdout, stderr } = await bench("compare", flags, options);
      assertEquals([code, stdout], [1, ""]);
      assertEquals([stderr.startsWith(line), stderr.split("\n").length], [
        true,
        2,
      ], stderr);
    }
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

linux.test("bench/compare.ts refuses flags that --against does not use (needs Linux)", async () => {
  for (
    const flags of [
      ["--against", "HEAD", "--only", "memory"],
      ["--against", "HEAD", "--svg", "chart.svg"],
      ["--pairs", "2"],
      ["--against", "saved.json", "--pairs", "2"],
    ]
  ) {
    const { code, stdout, stderr } = await bench("compare", flags);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, / goes with /);
  }
});
