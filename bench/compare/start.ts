/**
 * The time from the start of a command to its line `Listening at`.
 *
 * @module
 */

import { median } from "../../tools/stress/hold/statistics.ts";
import { linesOf } from "../../tools/processes/lines.ts";
import { type Bench, each, type Section } from "./section.ts";
import { table } from "../../tools/terminal/table.ts";

const ROOT = new URL("../../", import.meta.url);
const EXECUTABLE = "dist/server";
const DENO = Deno.execPath();
const ECHO = "bench/compare/servers/echo.ts";
const PORT = ["--port", "0"];

/** The commands that are measured. Each prints a line. */
const STARTS: readonly [name: string, command: string[]][] = [
  ["deno run server.ts", [DENO, "run", "--allow-net", "server.ts", ...PORT]],
  ["deno task server", [DENO, "task", "--quiet", "server", ...PORT]],
  [EXECUTABLE, [EXECUTABLE, ...PORT]],
  ["a bare echo", [DENO, "run", "--allow-net", ECHO, "0"]],
];

/**
 * Resolves to the milliseconds to its first line, or `undefined` if it cannot
 * be started.
 */
async function start(
  [program, ...args]: string[],
): Promise<number | undefined> {
  const began = performance.now();
  try {
    const child = new Deno.Command(program, {
      args,
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const lines = linesOf(child.stdout);
    if ((await lines.next()).done) return undefined;
    const ms = performance.now() - began;
    child.kill();
    for await (const _line of lines) { /* until it has ended */ }
    await child.status;
    return ms;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Measures how long each command takes to start. */
export async function starts(bench: Bench): Promise<Section> {
  const times = bench.quick ? 3 : 20;
  const found = await each(
    bench,
    "start",
    STARTS,
    ([name]) => name,
    async ([, command]) => {
      const all: number[] = [];
      for (let i = 0; i < times; i++) {
        const ms = await start(command);
        if (ms !== undefined) all.push(ms);
      }
      return all;
    },
  );
  return {
    tables: [table(
      ["ms from exec to the first line", "median", "longest"],
      STARTS.map(([name], i) => [
        name,
        ...(found[i].length === 0
          ? ["-", "-"]
          : [median(found[i]), Math.max(...found[i])].map((ms) =>
            ms.toFixed(0)
          )),
      ]),
    )],
    figures: Object.fromEntries(STARTS.map(([name], i) => [name, found[i]])),
  };
}
