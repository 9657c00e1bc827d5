/**
 * What it costs that an acknowledged request is kept: our stores, beside Redis that
 * writes each command to its disk before it answers.
 *
 * @module
 */

import {
  type Contender,
  redis,
  ROLLCALL,
  rollcall,
  TASK,
} from "./contenders.ts";
import { redisBenchmark } from "./redis_benchmark.ts";
import { FIRST_LOAD, measure, type Plan, type Speed } from "./round.ts";
import { type Bench, rounds, type Section } from "./section.ts";
import { isThere, Subject } from "./subject.ts";
import { figuresOf, tableOf, timesTable } from "./tables.ts";
import { COST, heads, THOUSANDS } from "./throughput.ts";
import { STUDENTS } from "./workload.ts";

const DEPTHS = [1, 16, 64];
const CLIENTS = 50;
const ROUNDS = 3;

/** A store, and its measurement at each depth. */
interface Store {
  name: string;
  measure(plan: Plan): Promise<Speed[]>;
}

/** Returns Redis, which answers when a command is on the disk. */
function redisOnDisk(folder: string): Contender {
  return redis([
    ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
    ...["--dir", folder],
  ]);
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
): Promise<Speed[]> {
  const [rates] = await measure([{ contender }], DEPTHS, plan);
  return [...rates.values()];
}

/** Loads Redis itself, by its own program. Each request sets the three fields of one of as many students as ours have. */
async function measureRedis(
  folder: string,
  { pinned, measured }: Plan,
): Promise<Speed[]> {
  await using subject = await Subject.start(redisOnDisk(folder), pinned);
  const figures: Speed[] = [];
  for (const depth of DEPTHS) {
    const requests = Math.round(measured * CLIENTS * Math.min(depth, 8));
    figures.push(
      await redisBenchmark(
        subject,
        requests,
        pinned,
        ...["-c", `${CLIENTS}`, "-P", `${depth}`, "-r", `${STUDENTS}`],
        ...["HSET", "student:__rand_int__", "student_name", "Alice Brown"],
        ...["github_username", "abrown", "sid", "__rand_int__"],
      ),
    );
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

const OURS: readonly Store[] = [
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

const WITH_REDIS: readonly Store[] = [
  {
    name: "Redis",
    measure: (plan) =>
      inFolder(async (folder) => {
        await using database = await Subject.start(redisOnDisk(folder), false);
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
    ? { clients: CLIENTS, warmUp: 100, measured: 300, pinned }
    : {
      clients: CLIENTS,
      firstLoad: FIRST_LOAD,
      warmUp: 1000,
      measured: 2000,
      pinned,
    };
  const kinds = [...OURS, ...await isThere("redis-server") ? WITH_REDIS : []];
  const figures = await rounds(
    bench,
    quick ? 1 : ROUNDS,
    "stores",
    kinds,
    ({ name }) => name,
    ({ measure }) => measure(plan),
  );
  const measured = {
    columns: heads(DEPTHS),
    rows: kinds.map(({ name }, kind) => ({
      name,
      cells: DEPTHS.map((_, i) => figures[kind].map((round) => round[i])),
    })),
  };
  return {
    tables: [
      timesTable(measured, kinds[kinds.length - 1].name, COST),
      ...[COST, { ...THOUSANDS, digits: 1 }].map((figure) =>
        tableOf(measured, {
          ...figure,
          title: `${figure.title}, the roster in`,
        })
      ),
    ],
    figures: figuresOf(measured),
  };
}
