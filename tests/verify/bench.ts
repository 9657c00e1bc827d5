// Short runs of the benchmarks, and a check that the patches of the choices fit.

import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { copyProject } from "../../tools/teach/faults/copy.ts";
import { patchFolder } from "../../tools/teach/faults/patch.ts";
import { needs } from "../support/needs.ts";
import { Program, ROOT } from "../../tools/processes/program.ts";

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
      ...["echo", port, 10, 1, 500, 1000, rate].map(String),
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

for (
  const [script, ...flags] of [
    ["compare", "--quick"],
    ["choices", "--quick", "--rounds", "1", "--only", "One write"],
    ["events", "--pairs", "1"],
    ["against", "--pairs", "1", "--commit", "HEAD"],
  ]
) {
  linux.test(`bench/${script}.ts measures, and prints a table (needs Linux)`, async () => {
    await using bench = new Program(Deno.execPath(), [
      ...["run", "--quiet", "--allow-all", `bench/${script}.ts`, ...flags],
    ]);
    const { code, stdout, stderr } = await bench.ended(5);
    assertEquals(code, 0, stdout + stderr);
    assert(stdout.trim().split("\n").length > 1, stdout);
  });
}
