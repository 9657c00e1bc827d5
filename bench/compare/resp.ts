/**
 * The store of `examples/store/`, beside Redis, under the load of Redis' own program.
 *
 * @module
 */

import { type Contender, redis } from "./contenders.ts";
import { redisBenchmark } from "./redis_benchmark.ts";
import { type Bench, rounds, type Section } from "./section.ts";
import { isThere, Subject } from "./subject.ts";
import { figuresOf, tableOf, timesTable } from "./tables.ts";
import { COST, THOUSANDS } from "./throughput.ts";

const COMMANDS = ["set", "get"];
const ROUNDS = 3;
const LOAD = ["-c", "50", "-P", "64", "-r", "100000"];

const STORE: Contender = {
  name: "examples/store",
  speech: "redis",
  command: (port) => [
    ...[Deno.execPath(), "run", "--no-prompt", "--allow-net"],
    ...["--v8-flags=--max-semi-space-size=8"],
    ...["examples/store/store.ts", port],
  ],
};

/** Measures the store and Redis in turns, each with all commands. */
export async function resp(bench: Bench): Promise<Section> {
  const needed = ["redis-server", "redis-benchmark"];
  for (const program of needed) {
    if (await isThere(program)) continue;
    return {
      tables: [[`Left out: resp, which needs ${program}`]],
      figures: {},
    };
  }
  const { quick, pinned } = bench;
  const requests = quick ? 300_000 : 1_000_000;
  const servers = [STORE, redis()];
  await using store = await Subject.start(servers[0], pinned);
  await using other = await Subject.start(servers[1], pinned);
  const turns = COMMANDS.flatMap((command) =>
    [store, other].map((subject, i) => ({
      name: `${command}, ${servers[i].name}`,
      subject,
      command,
    }))
  );
  const figures = await rounds(
    bench,
    quick ? 1 : ROUNDS,
    "resp",
    turns,
    ({ name }) => name,
    ({ subject, command }) =>
      redisBenchmark(subject, requests, pinned, ...LOAD, "-t", command),
  );
  const measured = {
    columns: COMMANDS,
    rows: servers.map(({ name }, server) => ({
      name,
      cells: COMMANDS.map((_, i) => figures[i * servers.length + server]),
    })),
  };
  return {
    tables: [
      timesTable(measured, "Redis", COST),
      tableOf(measured, COST),
      tableOf(measured, THOUSANDS),
    ],
    figures: figuresOf(measured),
  };
}
