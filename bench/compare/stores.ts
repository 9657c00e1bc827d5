/**
 * What it costs that an acknowledged request is kept: our stores, beside Redis that
 * writes each command to its disk before it answers.
 *
 * @module
 */

import { Failure } from "../../lib/cli/program.ts";
import { processorSeconds } from "../../tools/stress/hold/processes.ts";
import { median } from "../../tools/stress/hold/statistics.ts";
import { table } from "../../tools/terminal/table.ts";
import { type Contender, ROLLCALL, rollcall, TASK } from "./contenders.ts";
import { load, type Plan } from "./round.ts";
import { type Bench, each, type Section } from "./section.ts";
import { isThere, LOAD_CORE, onCore, Subject } from "./subject.ts";
import { STUDENTS } from "./workload.ts";

const DEPTHS = [1, 16, 64];
const CLIENTS = 50;
const ROUNDS = 3;

/** One measurement of a store, at one depth. */
interface Figures {
  /** Requests per second. */
  throughput: number;
  /** Microseconds of the server's processor time for each request. */
  cost: number;
}

/** A store, and its measurement at each depth. */
interface Measured {
  name: string;
  measure(plan: Plan): Promise<Figures[]>;
}

/** Returns Redis, which answers when a command is on the disk. */
function redis(folder: string): Contender {
  const command = (port: string) => [
    ...["redis-server", "--bind", "127.0.0.1", "--port", port],
    ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
    ...["--dir", folder],
  ];
  return { name: "Redis", speech: "redis", command };
}

/** Returns our server, which may use a folder. */
function keeping(roster: string, folder: string): Contender {
  const [run, ...words] = TASK;
  const allowed = [`--allow-read=${folder}`, `--allow-write=${folder}`];
  const flags = ["--quiet", "--roster", roster];
  return rollcall(roster, "pickle", flags, [run, ...allowed, ...words]);
}

/** Loads our server at each depth. */
async function measureOurs(
  contender: Contender,
  plan: Plan,
): Promise<Figures[]> {
  await using subject = await Subject.start(contender, plan.pinned);
  const figures: Figures[] = [];
  for (const depth of DEPTHS) figures.push(await load(subject, depth, plan));
  return figures;
}

/** Loads Redis itself, by its own program. Each request sets the three fields of one of as many students as ours have. */
async function measureRedis(
  folder: string,
  { pinned, measured }: Plan,
): Promise<Figures[]> {
  await using subject = await Subject.start(redis(folder), pinned);
  const figures: Figures[] = [];
  for (const depth of DEPTHS) {
    const requests = Math.round(measured * CLIENTS * Math.min(depth, 8));
    const used = processorSeconds(subject.pid);
    const [command, ...args] = onCore(LOAD_CORE, pinned, [
      ...["redis-benchmark", "-p", subject.port, "-c", `${CLIENTS}`],
      ...["-P", `${depth}`, "-n", `${requests}`, "-r", `${STUDENTS}`, "--csv"],
      ...["HSET", "student:__rand_int__", "student_name", "Alice Brown"],
      ...["github_username", "abrown", "sid", "__rand_int__"],
    ]);
    const { stdout } = await new Deno.Command(command, { args }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    const [, rate] = lines.at(-1)!.match(/","([\d.]+)"/) ?? [];
    if (!rate) throw new Failure(`redis-benchmark said: ${lines.at(-1)}`);
    const cost = (processorSeconds(subject.pid) - used) * 1e6 / requests;
    figures.push({ throughput: Number(rate), cost });
  }
  return figures;
}

/** Does something with a new folder. */
async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OURS: readonly Measured[] = [
  {
    name: "memory",
    measure: (plan) => measureOurs(ROLLCALL, plan),
  },
  {
    name: "a file",
    measure: (plan) =>
      inFolder((folder) =>
        measureOurs(keeping(`${folder}/class.db`, folder), plan)
      ),
  },
];

const WITH_REDIS: readonly Measured[] = [
  {
    name: "Redis",
    measure: (plan) =>
      inFolder(async (folder) => {
        await using database = await Subject.start(redis(folder), false);
        const address = `redis://127.0.0.1:${database.port}/0`;
        return await measureOurs(keeping(address, folder), plan);
      }),
  },
  {
    name: "Redis alone",
    measure: (plan) => inFolder((folder) => measureRedis(folder, plan)),
  },
];

/** Measures our server with each store, and Redis alone, one after the other, in several rounds. */
export async function stores(bench: Bench): Promise<Section> {
  const { quick, pinned } = bench;
  const plan = quick
    ? { clients: CLIENTS, warmUp: 300, measured: 500, pinned }
    : { clients: CLIENTS, warmUp: 1000, measured: 2000, pinned };
  const kinds = [...OURS, ...await isThere("redis-server") ? WITH_REDIS : []];
  const rounds = await each(
    bench,
    "stores",
    Array.from({ length: quick ? 1 : ROUNDS }, () => kinds).flat(),
    ({ name }) => name,
    ({ measure }) => measure(plan),
  );
  /** The median of a figure over all rounds. */
  const middle = (kind: number, depth: number, field: keyof Figures) =>
    median(
      rounds.filter((_, nth) => nth % kinds.length === kind)
        .map((figures) => figures[depth][field]),
    );
  const tableOf = (
    title: string,
    show: (kind: number, depth: number) => string,
  ) =>
    table(
      [title, ...DEPTHS.map((depth) => `P = ${depth}`)],
      kinds.map(({ name }, kind) => [
        name,
        ...DEPTHS.map((_, depth) => show(kind, depth)),
      ]),
    );
  return {
    tables: [
      ...tableOf(
        "the roster in: thousand requests per second",
        (kind, depth) => (middle(kind, depth, "throughput") / 1000).toFixed(1),
      ),
      "",
      ...tableOf(
        `times ${kinds[kinds.length - 1].name}`,
        (kind, depth) =>
          (middle(kind, depth, "throughput") /
            middle(kinds.length - 1, depth, "throughput")).toFixed(2),
      ),
      "",
      ...tableOf(
        "server's µs per request",
        (kind, depth) => middle(kind, depth, "cost").toFixed(2),
      ),
    ],
    figures: Object.fromEntries(kinds.map(({ name }, kind) => [
      name,
      rounds.filter((_, nth) => nth % kinds.length === kind),
    ])),
  };
}
