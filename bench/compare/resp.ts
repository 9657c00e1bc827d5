/**
 * The store of `examples/store/`, beside Redis, under the load of Redis' own program.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import { median } from "../../tools/stress/hold/statistics.ts";
import { table } from "../../tools/terminal/table.ts";
import type { Contender } from "./contenders.ts";
import { type Bench, each, type Section } from "./section.ts";
import { isThere, LOAD_CORE, onCore, Subject } from "./subject.ts";

const COMMANDS = ["set", "get"];
const ROUNDS = 3;

/** What one command costs a server. */
interface Figures {
  /** Requests per second. */
  throughput: number;
  /** Microseconds of the server's processor time for each request. */
  cost: number;
}

const STORE: Contender = {
  name: "examples/store",
  speech: "redis",
  command: (port) => [
    ...[Deno.execPath(), "run", "--no-prompt", "--allow-net"],
    ...["--v8-flags=--max-semi-space-size=8"],
    ...["examples/store/store.ts", port],
  ],
};

const REDIS: Contender = {
  name: "Redis",
  speech: "redis",
  command: (port) => [
    ...["redis-server", "--bind", "127.0.0.1", "--port", port],
    ...["--save", "", "--appendonly", "no"],
  ],
};

/** Loads a server with one command. */
async function load(
  { port, pid }: Subject,
  command: string,
  requests: number,
  pinned: boolean,
): Promise<Figures> {
  const used = processorSeconds(pid);
  const [program, ...args] = onCore(LOAD_CORE, pinned, [
    ...["redis-benchmark", "-p", port, "-c", "50", "-P", "64"],
    ...["-t", command, "-n", `${requests}`, "-r", "100000", "--csv"],
  ]);
  const { stdout } = await new Deno.Command(program, { args }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  const [, rate] = lines.at(-1)!.match(/","([\d.]+)"/) ?? [];
  if (!rate) throw new Failure(`redis-benchmark said: ${lines.at(-1)}`);
  const cost = (processorSeconds(pid) - used) * 1e6 / requests;
  return { throughput: Number(rate), cost };
}

/** Measures the store and Redis by turns, each with all commands. */
export async function resp(bench: Bench): Promise<Section> {
  const needed = ["redis-server", "redis-benchmark"];
  for (const program of needed) {
    if (await isThere(program)) continue;
    return { tables: [`Left out: resp, which needs ${program}`], figures: {} };
  }
  const { quick, pinned } = bench;
  const requests = quick ? 300_000 : 1_000_000;
  await using store = await Subject.start(STORE, pinned);
  await using redis = await Subject.start(REDIS, pinned);
  const turns = Array.from({ length: quick ? 1 : ROUNDS }, () => COMMANDS)
    .flat().flatMap((command) => [
      { name: STORE.name, subject: store, command },
      { name: REDIS.name, subject: redis, command },
    ]);
  const measured = await each(
    bench,
    "resp",
    turns,
    ({ name, command }) => `${command}, ${name}`,
    async (turn) => ({
      ...turn,
      ...await load(turn.subject, turn.command, requests, pinned),
    }),
  );
  const middle = (contender: string, of: string, field: keyof Figures) =>
    median(
      measured.filter(({ name, command }) =>
        name === contender && command === of
      ).map((figures) => figures[field]),
    );
  const rows = COMMANDS.map((command) => {
    const ours = middle(STORE.name, command, "cost");
    const theirs = middle(REDIS.name, command, "cost");
    const rates = [STORE, REDIS].map(({ name }) =>
      (middle(name, command, "throughput") / 1000).toFixed(0)
    );
    return [
      ...[command, ours.toFixed(2), theirs.toFixed(2)],
      ...[(ours / theirs).toFixed(2), ...rates],
    ];
  });
  return {
    tables: table(
      [
        ...["server's µs per request", STORE.name, "Redis", "times Redis"],
        ...[`${STORE.name}: thousand per second`, "Redis"],
      ],
      rows,
    ),
    figures: measured.map(({ subject: _, ...figures }) => figures),
  };
}
