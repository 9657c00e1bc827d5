/**
 * Servers that are killed, and what their rosters hold afterwards.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Program } from "../../processes/program.ts";
import { hasRedis, TestRedis } from "../../processes/redis.ts";
import { stablePort } from "../../processes/stable_port.ts";
import { allOf, atMost, none, some } from "./figures.ts";
import { RosterClients } from "./rosters/clients.ts";
import {
  type Differences,
  Ledger,
  noDifferences,
  type Promised,
} from "./rosters/ledger.ts";
import {
  readRows,
  type RosterPlace,
  startServer,
  withRosterFile,
} from "./rosters/server.ts";
import type { Figure, Scenario } from "./scenario.ts";
import { quantile } from "./statistics.ts";

/** How often something is killed, and how often with `--brief`. */
const KILLS = 200;
const KILLS_BRIEF = 12;
/** How many clients send students meanwhile. */
const CLIENTS = 20;
/** Milliseconds between two batches of a client; with Redis, which takes long to start if it has recorded much. */
const PAUSE = 10;
const PAUSE_REDIS = 50;
/** The longest time that is waited before something is killed, in milliseconds. */
const LOAD = 300;
/** Longest time from a start to listening on a busy machine, in milliseconds. */
const STARTS = 5000;

/** Kills a server with a roster in a file, and starts it again. */
export const kept: Scenario = {
  name: "kept",
  about: `${KILLS} times, SIGKILL ends a server that records ${CLIENTS} ` +
    "clients in a file: what it acknowledged or printed is there afterwards",
  measure: (tell, stop, brief) =>
    withRosterFile((place) => killRepeatedly([place], tell, stop, brief)),
};

/** Kills servers with one roster in Redis, and Redis itself, and starts them again. */
export const keptRedis: Scenario = {
  name: "kept-redis",
  about: `${KILLS} times, SIGKILL ends one of two servers with one roster in ` +
    "Redis, or Redis: what a server acknowledged or printed is there afterwards",
  needs: { name: "redis-server", isThere: hasRedis },
  async measure(tell, stop, brief): Promise<Figure[]> {
    await using redis = await TestRedis.start();
    const { folder, address: roster } = redis;
    const places = [1, 2].map(() => ({ roster, folder, port: stablePort() }));
    return await killRepeatedly(places, tell, stop, brief, redis);
  },
};

/** One server, which is started again after each kill, and its clients. */
class KilledServer implements AsyncDisposable {
  /** How long it took to listen, in milliseconds, each time. */
  readonly starts: number[] = [];
  readonly clients: RosterClients;
  #place: RosterPlace;
  #ledger: Ledger;
  #program: Program;

  private constructor(
    place: RosterPlace,
    ledger: Ledger,
    program: Program,
    clients: RosterClients,
  ) {
    this.#place = place;
    this.#ledger = ledger;
    this.#program = program;
    this.clients = clients;
  }

  static async start(
    place: RosterPlace,
    ledger: Ledger,
    group: { count: number; first: number; pause: number },
  ): Promise<KilledServer> {
    const program = await startServer(place);
    const { port } = place;
    const clients = new RosterClients({ ...group, port, ledger });
    return new KilledServer(place, ledger, program, clients);
  }

  /** Kills it, and starts it again. */
  async kill(): Promise<void> {
    this.#program.kill("SIGKILL");
    const { stdout } = await this.#program.ended();
    this.#ledger.print(stdout);
    const began = performance.now();
    this.#program = await startServer(this.#place);
    this.starts.push(performance.now() - began);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clients[Symbol.asyncDispose]();
    await this.#program[Symbol.asyncDispose]();
    this.#ledger.print(this.#program.stdout.text);
  }
}

/** Kills one of the servers, or Redis, at random. Each time, compares the roster with what was acknowledged. */
async function killRepeatedly(
  places: readonly RosterPlace[],
  tell: (line: string) => void,
  stop: AbortSignal,
  brief: boolean,
  redis?: TestRedis,
): Promise<Figure[]> {
  const kills = brief ? KILLS_BRIEF : KILLS;
  const ledger = new Ledger();
  const found: Differences[] = [];
  const servers: KilledServer[] = [];
  const again: number[] = [];
  let killed = 0;
  const compare = async (promised: Promised) => {
    const rows = await readRows(places[0].roster);
    const differences = ledger.compare(promised, rows);
    found.push(differences);
    if (Object.values(differences).some((count) => count > 0)) {
      tell(`after ${killed} kills: ${JSON.stringify(differences)}`);
    }
  };
  const acknowledge = () =>
    Promise.all(servers.map(({ clients }) => clients.acknowledges()));
  try {
    const count = CLIENTS / places.length;
    const pause = redis ? PAUSE_REDIS : PAUSE;
    for (const [i, place] of places.entries()) {
      const group = { count, first: i * count, pause };
      servers.push(await KilledServer.start(place, ledger, group));
    }
    while (killed < kills) {
      await acknowledge();
      await delay(Math.random() * LOAD, { signal: stop });
      const victim = servers[killed % (places.length + (redis ? 1 : 0))];
      const began = performance.now();
      if (victim) await victim.kill();
      else {
        await redis!.kill();
        await redis!.start();
      }
      killed++;
      const promised = ledger.promised();
      if (!victim) {
        await acknowledge();
        again.push(performance.now() - began);
      }
      await compare(promised);
      if (killed % 20 === 0) {
        tell(`${killed} kills, ${ledger.acknowledged} acknowledged`);
      }
    }
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
  }
  await compare(ledger.promised());
  return figuresOf({ kills, ledger, found, servers, again });
}

function figuresOf({ kills, ledger, found, servers, again }: {
  kills: number;
  ledger: Ledger;
  found: readonly Differences[];
  servers: readonly KilledServer[];
  again: readonly number[];
}): Figure[] {
  const starts = servers.flatMap((server) => server.starts);
  const clients = servers.map((server) => server.clients);
  const sum = (key: keyof Differences) =>
    found.reduce((sum, differences) => sum + differences[key], 0);
  const refused = clients.reduce((sum, { refused }) => sum + refused, 0);
  return [
    allOf("kills", found.length - 1, kills),
    some("acknowledged requests", ledger.acknowledged),
    some("rows that were sent", ledger.rows),
    ...Object.keys(noDifferences()).map((key) =>
      none(LABELS[key as keyof Differences], sum(key as keyof Differences))
    ),
    none(
      "answers out of order, or with another error",
      clients.flatMap(({ unexpected }) => unexpected).length,
    ),
    atMost("start to listening, median", quantile(starts, 0.5), STARTS, "ms"),
    atMost("start to listening, longest", quantile(starts, 1), STARTS, "ms"),
    ...again.length === 0 ? [] : [
      some("requests refused while Redis was gone", refused),
      atMost(
        "Redis killed, to an acknowledgement of each server, longest",
        quantile(again, 1),
        STARTS,
        "ms",
      ),
    ],
  ];
}

/** What each difference is called among the figures. */
const LABELS: Record<keyof Differences, string> = {
  lostRows: "rows lost",
  lostRequests: "requests lost of other rows",
  foreign: "rows, or printed lines, that no client sent",
  broken: "rows with a client or a time that cannot be",
  unsent: "requests counted that were not sent",
};
