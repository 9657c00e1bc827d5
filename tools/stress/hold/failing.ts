/**
 * Rosters that cannot record for some time.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { hasRedis, TestRedis } from "../../processes/redis.ts";
import { stablePort } from "../../processes/stable_port.ts";
import { atMost, figuresOf, none, some } from "./figures.ts";
import { measureInvalid, RosterClients } from "./rosters/clients.ts";
import {
  diskFull,
  type Failure,
  fileFailures,
  redisFailures,
  SmallDisk,
} from "./rosters/failures.ts";
import { Ledger } from "./rosters/ledger.ts";
import { readRows, type RosterPlace, startServer } from "./rosters/server.ts";
import type { Figure, Scenario } from "./scenario.ts";

/** How long a failure takes, in milliseconds. */
const FAILS = 10_000;
/** With `--brief`, how much longer it takes than the longest answer may. */
const LONGER = 1000;
/** How long the roster works before, and after, in milliseconds. */
const WORKS = 1000;
/** How many clients send students meanwhile. */
const CLIENTS = 20;
/** Milliseconds between two batches of a client: with this, none sends too many invalid requests. */
const PAUSE = 50;
/** The longest time from the end of the failure to an acknowledgement, in milliseconds. */
const RECOVERY = 2000;
/** The longest time to the answer to an invalid request, in milliseconds. */
const AT_ONCE = 500;
/** The size of the disk that becomes full, in MiB: the file's journal alone takes 4. */
const DISK = 16;

/** What all failures have in common. */
const THEN = "nothing unrecorded is acknowledged, other requests are " +
  "answered, and it recovers by itself";

/** Lets the file of a roster fail. */
export const failingFile: Scenario = {
  name: "failing-file",
  about: `a roster's file is moved, or its disk is full or fails: ${THEN}`,
  async measure(tell, stop, brief): Promise<Figure[]> {
    const figures: Figure[] = [];
    const failures = fileFailures();
    for (const failure of failures) {
      const folder = await Deno.makeTempDir({ prefix: "rollcall-" });
      try {
        const place = inFolder(folder);
        figures.push(...await measureOne(place, failure, tell, stop, brief));
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }
    if (failures.length === 1) {
      tell("a disk that fails is left out: it needs strace");
    }
    await using disk = await SmallDisk.mount(DISK);
    if (disk) {
      const place = inFolder(disk.folder);
      figures.push(...await measureOne(place, diskFull, tell, stop, brief));
    } else tell("a full disk is left out: to mount a small one needs root");
    return figures;
  },
};

function inFolder(folder: string): RosterPlace {
  return { roster: `${folder}/class.db`, folder, port: stablePort() };
}

/** Lets the Redis of a roster fail. */
export const failingRedis: Scenario = {
  name: "failing-redis",
  about: `Redis is stopped and started, or hangs and goes on: ${THEN}`,
  needs: { name: "redis-server", isThere: hasRedis },
  async measure(tell, stop, brief): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (let i = 0; i < 2; i++) {
      await using redis = await TestRedis.start();
      const { folder, address: roster } = redis;
      const place = { roster, folder, port: stablePort() };
      const failure = redisFailures(redis)[i];
      figures.push(...await measureOne(place, failure, tell, stop, brief));
    }
    return figures;
  },
};

/** Lets a roster fail, and recover, under load. */
async function measureOne(
  place: RosterPlace,
  failure: Failure,
  tell: (line: string) => void,
  stop: AbortSignal,
  brief: boolean,
): Promise<Figure[]> {
  const { port } = place;
  const ledger = new Ledger();
  await using server = await startServer(place);
  const over = new AbortController();
  const clients = new RosterClients(
    { count: CLIENTS, port, ledger, pause: PAUSE, invalid: true },
  );
  const invalid = measureInvalid(port, over.signal);
  invalid.catch(() => {}); // it is awaited below
  let recovery = Infinity;
  try {
    await delay(WORKS, { signal: stop });
    const end = await failure.begin(place, server);
    try {
      const fails = brief ? failure.longest + LONGER : FAILS;
      await delay(fails, { signal: stop });
    } finally {
      await end();
    }
    const ended = performance.now();
    await clients.acknowledges();
    recovery = performance.now() - ended;
    await delay(WORKS, { signal: stop });
  } finally {
    over.abort();
    await clients[Symbol.asyncDispose]();
  }
  const latencies = await invalid;
  const promised = ledger.promised();
  const found = ledger.compare(promised, await readRows(place.roster));
  for (const line of server.stderr.text.split("\n")) {
    if (/\d The roster /.test(line)) tell(`${failure.name}: ${line}`);
  }
  const { refused, unexpected, ended, longest } = clients;
  if (unexpected.length > 0) tell(`${failure.name}: ${unexpected[0]}`);
  return figuresOf(failure.name, [
    some("requests acknowledged", ledger.acknowledged),
    some("requests refused", refused),
    none("acknowledged requests lost", found.lostRows + found.lostRequests),
    none("rows that no client sent", found.foreign + found.broken),
    none("answers out of order, or with another error", unexpected.length),
    none("connections that ended", ended),
    atMost("its end to an acknowledgement", recovery, RECOVERY, "ms"),
    atMost("longest answer", longest, failure.longest, "ms"),
    atMost("longest answer to invalid", Math.max(...latencies), AT_ONCE, "ms"),
  ]);
}
